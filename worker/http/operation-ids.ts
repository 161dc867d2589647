const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** An API document, as far as its operations are concerned. */
interface Described {
  readonly paths?: Record<string, Partial<Record<(typeof METHODS)[number], { operationId?: string }>>>;
}

/**
 * Gives each operation an id, by which generated clients name their functions: from its method and path, so that it
 * stays as long as they do. `DELETE /marks/{movieId}` is `deleteMarksByMovieId`.
 */
export function nameOperations<T extends Described>(document: T): T {
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = operations[method];
      if (operation) operation.operationId = `${method}${nameOf(path)}`;
    }
  }
  return document;
}

function nameOf(path: string): string {
  const words = path.replaceAll('{', 'by-').match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
}
