import { MarqueeError } from '../../shared/errors.ts';
import { rowIndex } from '../../shared/math/row-index.ts';
import type { GivenMoments } from '../models/relevance/next-watch.ts';
import type { RelevanceSettings } from '../models/relevance/settings.ts';
import { openTable } from './open-table.ts';

/**
 * What was summed over all people, as `trainer/spark/` writes it: a table with the columns name, row, and values (double)
 * or floats, one row for each name below and for each row of a matrix. C movies take part in lists, P = 2 C.
 *   mean, tau, ratings (N), newest (seconds since 1970) [1] · scale [min, max, step] · precision [D²] · constants [3 D]
 *   history [decay, floor, dislike weight, recent decay] · core [C] movie ids, ascending
 *   xx P rows of [P] · liked, next P rows of [C] · likes C rows of [C]
 */
export interface Moments {
  readonly mean: number;
  readonly tau: number;
  readonly ratings: number;
  readonly newest: number;
  readonly scale: { readonly min: number; readonly max: number; readonly step: number };
  readonly precision: Float64Array; // (D, D)
  readonly constants: Float64Array; // (3, D)
  readonly settings: Pick<RelevanceSettings, 'historyDecay' | 'historyFloor' | 'dislikeWeight' | 'recentDecay'>;
  readonly grams: Grams;
}

/** Moments of the training rows of lists (`HistoryMoments`). */
interface Grams {
  readonly movieIds: Int32Array; // (C) ascending
  readonly xx: Float32Array; // (P, P)
  readonly xy: readonly Float32Array[]; // (P, C) each
  readonly likes: Float32Array; // (C, C)
}

const SCALES = 2;

/** @throws `bad-data` where something is missing or of another size */
export async function readMoments(path: string, K: number): Promise<Moments> {
  const rows = await readRows(path);
  const D = K + 1;
  const one = (name: string, length?: number) => Float64Array.from(rows.take(name, 1, length)[0]);
  const [decay, floor, dislikeWeight, recentDecay] = one('history', 4);
  const [min, max, step] = one('scale', 3);
  const core = one('core');
  const C = core.length;
  const matrix = (name: string, height: number, width: number) => flat(rows.take(name, height, width), width);
  return {
    mean: one('mean', 1)[0],
    tau: one('tau', 1)[0],
    ratings: one('ratings', 1)[0],
    newest: one('newest', 1)[0],
    scale: { min, max, step },
    precision: one('precision', D * D),
    constants: one('constants', 3 * D),
    settings: { historyDecay: decay, historyFloor: floor, dislikeWeight, recentDecay },
    grams: {
      movieIds: Int32Array.from(core),
      xx: matrix('xx', SCALES * C, SCALES * C),
      xy: ['liked', 'next'].map((name) => matrix(name, SCALES * C, C)),
      likes: matrix('likes', C, C),
    },
  };
}

/** The grams as the relevance model takes them. @param movieIds of the movie table, ascending, (M) */
export function givenMoments({ movieIds: core, xx, xy, likes }: Grams, movieIds: Int32Array): GivenMoments {
  const rowOf = rowIndex(movieIds);
  const rows = core.map(rowOf);
  const unknown = core.find((_, c) => rows[c] < 0);
  if (unknown !== undefined) {
    throw new MarqueeError('bad-data', `the moments are of movie ${unknown}, which the catalogue does not name`);
  }
  return {
    core: rows,
    upload: (engine) => ({
      xx: engine.tensor(xx.length, xx),
      xy: xy.map((target) => engine.tensor(target.length, target)),
      likes: engine.tensor(likes.length, likes),
    }),
  };
}

/** The rows of the table by name. */
class NamedRows {
  readonly #path: string;
  readonly #byName = new Map<string, Map<number, Float32Array | Float64Array>>();

  constructor(path: string) {
    this.#path = path;
  }

  add(name: string, row: number, values: Float32Array | Float64Array): void {
    const rows = this.#byName.get(name) ?? new Map<number, Float32Array | Float64Array>();
    this.#byName.set(name, rows.set(row, values));
  }

  /** The rows 0 to count − 1 of a name, each of `length` finite numbers, which are forgotten here. */
  take(name: string, count: number, length?: number): (Float32Array | Float64Array)[] {
    const found = this.#byName.get(name) ?? new Map<number, Float32Array | Float64Array>();
    this.#byName.delete(name);
    if (found.size !== count) throw this.#wrong(name, `${found.size} rows`, `${count}`);
    return Array.from({ length: count }, (_, row) => {
      const values = found.get(row);
      if (!values) throw this.#wrong(name, `no row ${row}`, `rows 0 to ${count - 1}`);
      if (length !== undefined && values.length !== length) {
        throw this.#wrong(name, `${values.length} numbers in row ${row}`, `${length}`);
      }
      const bad = Array.prototype.find.call(values, (value) => !Number.isFinite(value));
      if (bad !== undefined) throw this.#wrong(name, `${bad} in row ${row}`, 'finite numbers');
      return values;
    });
  }

  #wrong(name: string, got: string, expected: string): MarqueeError {
    return new MarqueeError('bad-data', `${this.#path}, ${name}: got ${got}, expected ${expected}`, {
      fix: 'Take users, movies and moments that one run of the Spark job wrote.',
    });
  }
}

async function readRows(path: string): Promise<NamedRows> {
  const table = await openTable(path);
  const names = ['name', 'row', 'values', 'floats'];
  const missing = names.find((name) => !table.columns.includes(name));
  if (missing) {
    throw new MarqueeError(
      'bad-data',
      `${path}: got the columns ${table.columns.join(', ')}, expected ${names.join(', ')}`,
      {
        fix: 'Name the folder `moments` that the Spark job of trainer/spark wrote.',
      },
    );
  }
  const rows = new NamedRows(path);
  for await (const { columns, rows: count } of table.chunks(names)) {
    for (let n = 0; n < count; n++) {
      const [values, floats] = [columns.values[n], columns.floats[n]] as (ArrayLike<number> | null)[];
      const numbers = values ? Float64Array.from(values) : Float32Array.from(floats ?? []);
      rows.add(String(columns.name[n]), Number(columns.row[n]), numbers);
    }
  }
  return rows;
}

function flat(rows: readonly (Float32Array | Float64Array)[], width: number): Float32Array {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, at) => {
    out.set(row, at * width);
  });
  return out;
}
