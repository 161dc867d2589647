/** A table indexed by id may always have so many entries, and more only where there are as many ids. */
const LEAST_TABLE = 1 << 20;

/** The distinct values, ascending. */
export function distinct(values: Int32Array): Int32Array {
  const [first, range] = rangeOf(values);
  return range <= Math.max(LEAST_TABLE, values.length) ? marked(values, first, range) : sorted(values);
}

/** The smallest value, and how many integers there are from it to the largest. */
function rangeOf(values: Int32Array): [first: number, range: number] {
  if (values.length === 0) return [0, 0];
  let [first, last] = [values[0], values[0]];
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    if (value < first) first = value;
    if (value > last) last = value;
  }
  return [first, last - first + 1];
}

/** `distinct` of values in [first, first + range), with a mark for each. */
function marked(values: Int32Array, first: number, range: number): Int32Array {
  const marks = new Uint8Array(range);
  for (let i = 0; i < values.length; i++) marks[values[i] - first] = 1;
  let n = 0;
  for (let i = 0; i < marks.length; i++) n += marks[i];
  const found = new Int32Array(n);
  for (let i = 0, at = 0; i < marks.length; i++) if (marks[i]) found[at++] = first + i;
  return found;
}

/** `distinct` of any values. */
function sorted(values: Int32Array): Int32Array {
  const sorted = values.slice().sort();
  let n = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[n++] = sorted[i];
  return sorted.slice(0, n);
}

/** Row of each id in a table of distinct ids, −1 where the table lacks it. */
export function rowsOf(ids: Int32Array, table: Int32Array): Int32Array {
  const rows = new Int32Array(ids.length);
  const [first, range] = rangeOf(table);
  if (range <= Math.max(LEAST_TABLE, ids.length)) {
    const row = new Int32Array(range).fill(-1);
    for (let r = 0; r < table.length; r++) row[table[r] - first] = r;
    for (let i = 0; i < ids.length; i++) {
      const at = ids[i] - first;
      rows[i] = at >= 0 && at < range ? row[at] : -1;
    }
    return rows;
  }
  const row = new Map<number, number>();
  for (let r = 0; r < table.length; r++) row.set(table[r], r);
  for (let i = 0; i < ids.length; i++) rows[i] = row.get(ids[i]) ?? -1;
  return rows;
}
