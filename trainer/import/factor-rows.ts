import { MarqueeError } from '../../shared/errors.ts';
import type { Chunk, Table } from './table.ts';

export type Side = 'user' | 'movie';

/** Names of the id and of the vector, the preferred first: Spark's, then this project's. */
const IDS: Readonly<Record<Side, readonly string[]>> = { user: ['id', 'userId'], movie: ['id', 'movieId'] };
const VECTORS = ['features', 'factors'];

const LARGEST_ID = 2 ** 31 - 1;

/** Above any number of a factor: larger ones are damage. */
const MOST = 1e6;

/** Some rows of a table of factors, checked. */
export interface FactorRows {
  readonly chunk: Chunk;
  readonly ids: Int32Array; // (n)
  readonly factors: Float32Array; // (n, K)
  /** The numbers of an optional column, `missing` where the table has no such column. */
  numbers(name: string, missing: number): Float64Array; // (n)
  /** The list of a row in an optional column, empty where the table has no such column. */
  list(name: string, row: number): ArrayLike<number>;
}

/** A table of factors: an id and K numbers in each row, and perhaps other columns. */
export class FactorTable {
  readonly side: Side;
  readonly table: Table;
  readonly #id: string;
  readonly #vector: string;

  /** @throws `bad-data` where the columns of an id or a vector are missing */
  constructor(table: Table, side: Side) {
    this.side = side;
    this.table = table;
    this.#id = columnOf(table, IDS[side], `an integer id of the ${side}`);
    this.#vector = columnOf(table, VECTORS, "an array of floats, the row's factors");
  }

  has(column: string): boolean {
    return this.table.columns.includes(column);
  }

  /** The ids alone, in the table's order. Throws `bad-data` at one that is no id. */
  async *ids(): AsyncGenerator<Int32Array> {
    for await (const chunk of this.table.chunks([this.#id])) yield this.#idsOf(chunk);
  }

  /**
   * All rows, a chunk at a time.
   *
   * @param K numbers of a vector; null takes the first row's
   * @param optional columns that are read where the table has them
   * @throws `bad-data` naming file, row and what stands there
   */
  async *rows(K: number | null, optional: readonly string[] = []): AsyncGenerator<FactorRows> {
    const names = [this.#id, this.#vector, ...optional.filter((name) => this.has(name))];
    let width = K;
    for await (const chunk of this.table.chunks(names)) {
      width ??= widthOf(chunk.columns[this.#vector][0]);
      yield {
        chunk,
        ids: this.#idsOf(chunk),
        factors: this.#factorsOf(chunk, width),
        numbers: (name, missing) => numbersOf(chunk, name, missing),
        list: (name, row) => listOf(chunk, name, row),
      };
    }
  }

  #idsOf(chunk: Chunk): Int32Array {
    return Int32Array.from({ length: chunk.rows }, (_, row) => {
      const id = Number(chunk.columns[this.#id][row] ?? Number.NaN);
      if (Number.isInteger(id) && id >= 0 && id <= LARGEST_ID) return id;
      throw wrong(chunk, row, this.#id, chunk.columns[this.#id][row], `an integer from 0 to ${LARGEST_ID}`);
    });
  }

  #factorsOf(chunk: Chunk, K: number): Float32Array {
    const factors = new Float32Array(chunk.rows * K);
    for (let row = 0, at = 0; row < chunk.rows; row++) {
      const vector = chunk.columns[this.#vector][row] as ArrayLike<number> | null;
      if (widthOf(vector) !== K || K === 0) {
        throw wrong(chunk, row, this.#vector, `${widthOf(vector)} numbers`, `${K || 'some'}: all vectors are as long`);
      }
      for (let x = 0; x < K; x++, at++) {
        factors[at] = vector![x];
        if (!(Math.abs(factors[at]) < MOST) || vector![x] === null) {
          throw wrong(chunk, row, this.#vector, `${vector![x]} at ${x}`, 'a finite number');
        }
      }
    }
    return factors;
  }
}

function columnOf({ path, columns }: Table, names: readonly string[], what: string): string {
  const found = names.find((name) => columns.includes(name));
  if (found) return found;
  throw new MarqueeError('bad-data', `${path}: got the columns ${columns.join(', ')}, expected ${names.join(' or ')}`, {
    fix: `Name the column ${names[0]} that has ${what}.`,
  });
}

function widthOf(vector: unknown): number {
  return (vector as ArrayLike<number> | null)?.length ?? 0;
}

function numbersOf(chunk: Chunk, name: string, missing: number): Float64Array {
  const values = chunk.columns[name];
  return Float64Array.from({ length: chunk.rows }, (_, row) => {
    const value = values ? Number(values[row] ?? Number.NaN) : missing;
    if (Math.abs(value) < MOST * MOST) return value;
    throw wrong(chunk, row, name, values[row], 'a finite number');
  });
}

function listOf(chunk: Chunk, name: string, row: number): ArrayLike<number> {
  const values = chunk.columns[name];
  if (!values) return [];
  const list = values[row] as ArrayLike<number | bigint> | null;
  const numbers = Float64Array.from(list ?? [Number.NaN], Number);
  if (numbers.every(Number.isFinite)) return numbers;
  throw wrong(chunk, row, name, list, 'a list of finite numbers');
}

/** What stands wrong in a row, which is counted from 1. */
export function wrong(chunk: Chunk, row: number, column: string, got: unknown, expected: string): MarqueeError {
  return new MarqueeError(
    'bad-data',
    `${chunk.file}, row ${chunk.first + row + 1}, ${column}: got ${got}, expected ${expected}`,
    { fix: 'Nothing was written. Mend the table, or leave the row out.' },
  );
}
