import type { ImportedFile } from './imported-file.ts';
import { joinFiles } from './join-files.ts';
import { naming, readImportFile } from './read-file.ts';
import type { NamedFile } from './unpack.ts';

/**
 * Reads the files that a person brings together, each as `readImportFile` does, and joins those of one site as if they
 * lay in one ZIP: only a site's own addresses tell its films apart. A line of several files bears its file's name.
 *
 * @param most bytes of each file, unpacked
 */
export function readImportFiles(files: readonly NamedFile[], most?: number): ImportedFile[] {
  if (files.length === 1) return [readImportFile(files[0].bytes, most, files[0].name)];
  const names = apart(files.map(({ name }) => name));
  const read = files.map(({ bytes, name }, j) =>
    inside(
      names[j],
      name,
      naming(names[j], () => readImportFile(bytes, most, name)),
    ),
  );
  return Array.from(Map.groupBy(read, ({ format }) => format).values(), joinFiles);
}

/** The lines of one file under a name that no other file has. */
function inside(label: string, name: string, { ratings, marks, parts, ...rest }: ImportedFile): ImportedFile {
  const placed = <T extends { readonly file: string }>(line: T): T => ({
    ...line,
    file: line.file === '' ? label : `${label}/${line.file}`,
  });
  return {
    ...rest,
    ratings: ratings.map(placed),
    marks: marks.map(placed),
    parts: parts.map((part) => ({ ...part, name: part.name === name ? label : `${label}/${part.name}` })),
  };
}

/** Names that all differ: the second ratings.csv is "ratings.csv (2)". */
function apart(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let label = name;
    for (let count = 2; taken.has(label); count++) label = `${name} (${count})`;
    taken.add(label);
    return label;
  });
}
