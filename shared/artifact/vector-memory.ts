import { arePacked, BLOCK, blocksOf, even, PLAIN_COLUMNS, ROOM, type VectorShape } from './serving-layout.ts';

/** Bytes of a page, and of what begins where. */
const PAGE = 1 << 16;
const LINE = 64;

/** Sizes that the kernel (`Kernel.sizes`) and its host (`worker/wasm/vector-sources.ts`) state, for code that has neither. */
export const KERNEL = { QUERY: 60, GROUP: 4, PLANE: 16, CUTS: 7, ALL_SCRATCH: 1024, STAGED_ROWS: 1024 } as const;

/**
 * Bytes of WebAssembly memory that a version's vectors take once every kind of list was asked for: what `ServingFile`,
 * `placeCatalogue`, `MovieVectors`, `makeCodes` and `WasmScorer` allocate, in their order. Where codes do not all fit
 * into `room`, all of the room counts.
 *
 * @param servingBytes of serving.arrow, which lies in this memory as it is
 */
export function vectorMemory(shape: VectorShape, servingBytes: number, room = ROOM): number {
  const { M, K, E, S, R } = shape;
  const [rating, relevance] = [even(PLAIN_COLUMNS + K), even(E)];
  const scratch = Math.max(4 * KERNEL.STAGED_ROWS * Math.max(K + 1, S * E), 8 * M + 16 + KERNEL.ALL_SCRATCH);
  const vectors = total([servingBytes + LINE, scratch, 4 * M, M, 64 * blocksOf(M), 64 * R], PAGE);
  const scorer = [4 * (rating + relevance), fours(rating + relevance), 2 * KERNEL.QUERY];
  const groups = groupsOf(blocksOf(M));
  const errors = [4 * groups * KERNEL.GROUP * BLOCK, 8 * fours(groups)];
  const codes = [...codeAreas(relevance, R, 0), ...codeAreas(rating - PLAIN_COLUMNS, blocksOf(M), PLAIN_COLUMNS)];
  const held = total(codes, vectors) > room ? Math.max(vectors, room) : total(codes, vectors);
  return PAGE * Math.ceil(total([...scorer, ...errors], held) / PAGE);
}

/** Blocks of movies that the relevance model knows, from the bytes of serving.arrow; its metadata may add a few. */
export function knownBlocks({ M, K, E, S }: Omit<VectorShape, 'R'>, servingBytes: number): number {
  const rated = 4 * M + 64 * blocksOf(M) * even(PLAIN_COLUMNS + K);
  const of = (packed: boolean) => {
    const rows = packed ? M * (2 * K + 9) : 4 * M * (2 * K + 1);
    const block = 64 * even(E) + BLOCK * S * (packed ? E + 4 : 4 * E);
    return Math.min(blocksOf(M), Math.max(1, Math.floor((servingBytes - rated - rows) / block)));
  };
  return arePacked({ M, K, E, S, R: of(false) }) ? of(true) : of(false);
}

/** Codes, plain columns and heads of an area of so many columns (`makeCodes`). */
function codeAreas(columns: number, blocks: number, plain: number): number[] {
  const groups = groupsOf(blocks);
  const positions = groups * KERNEL.GROUP * BLOCK;
  const planes = 1 + Math.max(0, Math.ceil(Math.log2(columns / KERNEL.PLANE)));
  const heads = 4 * fours(groups) * (KERNEL.CUTS + 3 * planes);
  return [positions * fours(columns), plain > 0 ? 4 * positions : 0, heads];
}

/** Where areas end that are allocated one behind the other from `start` on. */
function total(areas: readonly number[], start: number): number {
  return areas.reduce((top, bytes) => LINE * Math.ceil(top / LINE) + bytes, start);
}

function groupsOf(blocks: number): number {
  return Math.ceil(blocks / KERNEL.GROUP);
}

function fours(count: number): number {
  return 4 * Math.ceil(count / 4);
}
