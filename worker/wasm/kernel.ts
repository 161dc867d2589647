const PAGE = 1 << 16;
/** A cache line. */
const ALIGNMENT = 64;

/** Sizes that the kernels' files define and the host lays memory out by. */
const SIZES = ['QUERY', 'GROUP_SCRATCH', 'SCAN_SCRATCH', 'ALL_SCRATCH', 'GROUP', 'PLANE', 'CUTS', 'SPREAD'] as const;
export type Sizes = Readonly<Record<(typeof SIZES)[number], number>>;

/** What `kernels/scorer.as.ts` exports. Addresses and counts are numbers; the files there say what they mean. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  setCatalogue(M: number, order: number, positions: number, marks: number): void;
  setRating(at: number, columns: number, inverse: number): void;
  setRelevance(at: number, columns: number, blocks: number, inverse: number): void;
  setStandardErrors(at: number, heads: number): void;
  placeRows(
    rows: number,
    n: number,
    width: number,
    positions: number,
    area: number,
    columns: number,
    blocks: number,
    first: number,
  ): void;
  positionsUsed(rows: number, n: number, width: number, positions: number): number;
  inverseNorms(area: number, columns: number, blocks: number, first: number, out: number): void;
  packRows(rows: number, n: number, width: number, to: number, scales: number): void;
  takeBlocks(
    rows: number,
    n: number,
    positions: number,
    area: number,
    columns: number,
    blocks: number,
    first: number,
    width: number,
    out: number,
  ): void;
  partsOf(rows: number, n: number, positions: number, parts: number): void;
  takeRows(rows: number, n: number, at: number, count: number, width: number, scales: number, out: number): void;
  encode(
    area: number,
    columns: number,
    first: number,
    kept: number,
    blocks: number,
    codes: number,
    plain: number,
    heads: number,
  ): number;
  setUser(
    user: number,
    constant: number,
    errorWeight: number,
    cosine: boolean,
    rating: boolean,
    relevance: boolean,
  ): void;
  scoreAll(out: number): void;
  askHost(asks: boolean): void;
  topOfAll(k: number, heap: number, block: number): number;
  topByCodes(
    k: number,
    heap: number,
    queries: number,
    kinds: number,
    constant: number,
    slack: number,
    scratch: number,
  ): number;
  sumRows(rows: number, n: number, width: number, weights: number, out: number): void;
  accumulate(
    factors: number,
    n: number,
    K: number,
    weights: number,
    targets: number,
    D: number,
    normal: number,
    rhs: number,
    spread: number,
  ): void;
  cholesky(matrix: number, D: number): number;
  solve(matrix: number, D: number, b: number): void;
}

/**
 * One instance of the kernel with its memory. Areas are allocated one behind the other and go only together, with the
 * version. Growing detaches views, so keep addresses and take views anew.
 */
export class Kernel {
  readonly run: Exports;
  readonly sizes: Sizes;
  /** Asked by the kernel about rows that are not marked. */
  accept: (row: number) => boolean = () => true;
  #top = PAGE; // the first page is the module's own

  constructor(module: WebAssembly.Module) {
    const accept = (row: number) => (this.accept(row) ? 1 : 0);
    const { exports } = new WebAssembly.Instance(module, { 'top.as': { accept } });
    this.run = exports as unknown as Exports;
    this.sizes = Object.fromEntries(SIZES.map((name) => [name, (exports[name] as WebAssembly.Global).value])) as Sizes;
  }

  /** Bytes of memory, allocated or not. */
  get bytes(): number {
    return this.run.memory.buffer.byteLength;
  }

  /** Bytes allocated. */
  get used(): number {
    return this.#top;
  }

  /** Allocates zero bytes and returns their address. */
  allocate(bytes: number): number {
    const start = Math.ceil(this.#top / ALIGNMENT) * ALIGNMENT;
    this.extendTo(start + bytes);
    return start;
  }

  /** Extends the area that was allocated last to end at `end`. */
  extendTo(end: number): void {
    this.#top = Math.max(this.#top, end);
    const missing = this.#top - this.bytes;
    if (missing > 0) this.run.memory.grow(Math.ceil(missing / PAGE));
  }

  octets(start: number, length: number): Uint8Array {
    return new Uint8Array(this.run.memory.buffer, start, length);
  }

  floats(start: number, length: number): Float32Array {
    return new Float32Array(this.run.memory.buffer, start, length);
  }

  doubles(start: number, length: number): Float64Array {
    return new Float64Array(this.run.memory.buffer, start, length);
  }

  integers(start: number, length: number): Uint32Array {
    return new Uint32Array(this.run.memory.buffer, start, length);
  }
}
