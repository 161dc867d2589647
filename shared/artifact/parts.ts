import type { Manifest } from './manifest.ts';

/** One of the parts that a catalogue is cut into: it has the movies of rows index − 1, index − 1 + of, index − 1 + 2 of … */
export interface Part {
  /** From 1 on. */
  readonly index: number;
  readonly of: number;
}

/** A request of Cloudflare starts 32 Workers at most, and a list for several people asks each part up to four times. */
export const MOST_PARTS = 8;

/** Bytes of vectors of single movies that the Worker in front keeps for each version. */
export const BROUGHT = 4 * 2 ** 20;

/** What a part has of its own: what movies.arrow says of its movies, without their vectors, and their serving.arrow. */
export type PartFile = 'movies' | 'serving';

export function partFile(kind: PartFile, { index, of }: Part): string {
  return `${kind}.${index}-of-${of}.arrow`;
}

const PART_FILE = /^(?:movies|serving)\.\d+-of-(\d+)\.arrow$/;

export function isPartFile(name: string): boolean {
  return PART_FILE.test(name);
}

/** Into how many parts a version is cut; 0: it is whole. */
export function partsIn({ files }: Pick<Manifest, 'files'>): number {
  return Math.max(0, ...files.map(({ name }) => Number(PART_FILE.exec(name)?.[1] ?? 0)));
}

export function allParts(of: number): Part[] {
  return Array.from({ length: of }, (_, before) => ({ index: before + 1, of }));
}

/** Movies of a part, of M. */
export function moviesOf({ index, of }: Part, M: number): number {
  return Math.max(0, Math.ceil((M - (index - 1)) / of));
}

/** The row of the catalogue of a part's row. */
export function rowOfPart(row: number, { index, of }: Part): number {
  return row * of + index - 1;
}

/** A part's rows of rows of the catalogue: of those that it has, in their order. */
export function rowsInPart(rows: ArrayLike<number>, { index, of }: Part): Int32Array {
  const own = new Int32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) if (rows[i] % of === index - 1) own[count++] = Math.floor(rows[i] / of);
  return own.slice(0, count);
}
