import type { Manifest } from './manifest.ts';

/** One of the parts that a catalogue is cut into: it has the movies of rows index − 1, index − 1 + of, index − 1 + 2 of … */
export interface Part {
  /** From 1 on. */
  readonly index: number;
  readonly of: number;
}

/** A request of Cloudflare starts 32 Workers at most, and a list asks each part up to three times. */
export const MOST_PARTS = 8;

/** The vectors of a part: as serving.arrow, of its movies alone. */
export function partFile({ index, of }: Part): string {
  return `serving.${index}-of-${of}.arrow`;
}

const PART_FILE = /^serving\.\d+-of-(\d+)\.arrow$/;

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
  return Math.ceil((M - (index - 1)) / of);
}

/** The part's row of a row of the catalogue, and back. */
export function rowInPart(row: number, { of }: Part): number {
  return Math.floor(row / of);
}

export function rowOfPart(row: number, { index, of }: Part): number {
  return row * of + index - 1;
}

/** Which part has a row of the catalogue. */
export function partOf(row: number, of: number): Part {
  return { index: (row % of) + 1, of };
}
