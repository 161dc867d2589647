import { Field, Float32, Float64, Int32, List, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { random, STREAMS } from '../../../trainer/math/random.ts';
import { writeTemporary } from '../data/files.ts';

/** Values of columns by name: lists of floats in `features` and `ratings`, of integers in `rated` and `times`. */
export type Columns = Readonly<Record<string, readonly unknown[]>>;

const FLOATS = new List(new Field('item', new Float32(), true));
const INTEGERS = new List(new Field('item', new Int32(), true));
const DOUBLES = new List(new Field('item', new Float64(), true));
const TYPES = {
  ...{ id: new Int32(), features: FLOATS, ratings: FLOATS, rated: INTEGERS, times: INTEGERS },
  ...{ name: new Utf8(), row: new Int32(), values: DOUBLES, floats: FLOATS }, // of moments
};

function typeOf(name: string) {
  return TYPES[name as keyof typeof TYPES] ?? new Float32();
}

/** Writes an Arrow file, or a stream of that format, and returns its path. */
export function writeArrow(name: string, columns: Columns, folder: string, format: 'file' | 'stream' = 'file') {
  const vectors = Object.entries(columns).map(([of, values]) => [of, vectorFromArray(values, typeOf(of))]);
  return writeTemporary(name, tableToIPC(new Table(Object.fromEntries(vectors)), format), folder);
}

/** Factors of ids, K each, seeded. */
export function factorsOf(ids: readonly number[], K: number, seed: number): { id: number[]; features: number[][] } {
  const { normal } = random(seed, STREAMS.synthetic);
  const features = ids.map(() => Array.from({ length: K }, () => Math.fround(normal())));
  return { id: [...ids], features };
}
