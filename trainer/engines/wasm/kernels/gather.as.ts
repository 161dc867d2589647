/** Bytes of the table that stay in the second-level cache while all rows of a part take from them. */
const CACHE: usize = 256 << 10;
/** Bytes of a table that the third-level cache serves fast enough without blocks. */
const NEAR: usize = 4 << 20;
/** Entries that a row should find in a block; fewer do not pay for the visit. */
const PIECE: usize = 8;
/** Entries that are added one after the other; longer sums are sums of such sums, for float32's precision. */
const RUN: usize = 128;

/** Bytes of scratch for parts of at most `rows` rows of width S: their sums, and four words for each. */
export function gatherScratch(rows: usize, S: usize): usize {
  return rows * ((S << 2) + 16);
}

/**
 * Sums of rows of a table: row r of the pattern names those that out_r (S) = Σ_{c in row r} V_c adds, V (columns, S).
 *
 * A table of many megabytes answers random reads in 30-40 ns a row of 64 floats, the second-level cache in 4 ns. So the
 * table is cut into blocks of CACHE bytes, and all rows of a part take what they need of one block before the next one. A
 * row's indices ascend, so it only remembers where it stopped. Short rows visit every 2nd, 4th, … block only; as rows are
 * ordered by descending length, the visiting ones are always the first of the part. Registers sum 32 columns at a time.
 *
 * Items are parts: part p is rows order[parts[p] … parts[p + 1]). All parts have about as many entries.
 * Memory: `scratch` holds the part's sums, one row after the other, so that a visit meets one random address, the row's next
 * index; then four words for each row: where it stopped, where it ends, its stride in blocks, one unused. Indices that do
 * not ascend cost time, not correctness: the last block takes all that is left.
 * Threads: a row belongs to one part, a part to one thread. Where a row's sums are cut depends on the row and the table
 * alone, so the bytes do not depend on the parts.
 */
export function gather(
  from: i32,
  to: i32,
  scratch: usize,
  parts: usize,
  order: usize,
  offsets: usize,
  indices: usize,
  V: usize,
  columns: usize,
  out: usize,
  S: usize,
): i32 {
  const line = S << 2;
  for (let part = parts + ((<usize>from) << 2); part < parts + ((<usize>to) << 2); part += 4) {
    gatherSums(part, scratch, order, offsets, indices, V, columns, S);
    let sum = scratch;
    for (let o = load<u32>(part); o < load<u32>(part, 4); o++, sum += line) {
      memory.copy(out + <usize>load<i32>(order + ((<usize>o) << 2)) * line, sum, line);
    }
  }
  return 0;
}

/** scratch (rows of the part, S) ← sums of the part whose bounds are at `part`, in the part's order. */
export function gatherSums(
  part: usize,
  scratch: usize,
  order: usize,
  offsets: usize,
  indices: usize,
  V: usize,
  columns: usize,
  S: usize,
): void {
  const line = S << 2;
  const begin = order + ((<usize>load<i32>(part)) << 2);
  const end = order + ((<usize>load<i32>(part, 4)) << 2);
  const states = scratch + ((end - begin) >> 2) * line;
  const statesEnd = states + ((end - begin) << 2);
  const block = columns * line > NEAR ? CACHE / line : columns;
  const blocks = (columns + block - 1) / block;
  memory.fill(scratch, 0, states - scratch);
  for (let o = begin, state = states; o < end; o += 4, state += 16) {
    const r = <usize>load<i32>(o);
    const first = <usize>load<i32>(offsets + (r << 2));
    const last = <usize>load<i32>(offsets + (r << 2), 4);
    let stride: usize = 1;
    while (stride < blocks && stride * (last - first) < PIECE * blocks) stride <<= 1;
    store<usize>(state, indices + (first << 2));
    store<usize>(state, indices + (last << 2), 4);
    store<usize>(state, stride, 8);
  }
  for (let b: usize = 1; b <= blocks; b++) {
    for (let state = states, sum = scratch; state < statesEnd; state += 16, sum += line) {
      if (b < blocks && (b & (load<usize>(state, 8) - 1)) != 0) break;
      const last = load<usize>(state, 4);
      let stop = load<usize>(state);
      while (stop < last) {
        const first = stop;
        const most = min(last, first + (RUN << 2));
        if (b == blocks) stop = most;
        else while (stop < most && <usize>load<u32>(stop) < b * block) stop += 4;
        if (stop > first) addRows(first, stop, V, line, sum);
        if (stop < most) break;
      }
      store<usize>(state, stop);
    }
  }
}

/** out += Σ of the rows that the indices at addresses [first, last) name. */
function addRows(first: usize, last: usize, V: usize, line: usize, out: usize): void {
  let x: usize = 0;
  for (; x + 128 <= line; x += 128) {
    const v = V + x;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    for (let k = first; k < last; k += 4) {
      const row = v + <usize>load<i32>(k) * line;
      s0 = f32x4.add(s0, v128.load(row));
      s1 = f32x4.add(s1, v128.load(row, 16));
      s2 = f32x4.add(s2, v128.load(row, 32));
      s3 = f32x4.add(s3, v128.load(row, 48));
      s4 = f32x4.add(s4, v128.load(row, 64));
      s5 = f32x4.add(s5, v128.load(row, 80));
      s6 = f32x4.add(s6, v128.load(row, 96));
      s7 = f32x4.add(s7, v128.load(row, 112));
    }
    const to = out + x;
    v128.store(to, f32x4.add(v128.load(to), s0));
    v128.store(to, f32x4.add(v128.load(to, 16), s1), 16);
    v128.store(to, f32x4.add(v128.load(to, 32), s2), 32);
    v128.store(to, f32x4.add(v128.load(to, 48), s3), 48);
    v128.store(to, f32x4.add(v128.load(to, 64), s4), 64);
    v128.store(to, f32x4.add(v128.load(to, 80), s5), 80);
    v128.store(to, f32x4.add(v128.load(to, 96), s6), 96);
    v128.store(to, f32x4.add(v128.load(to, 112), s7), 112);
  }
  for (; x < line; x += 32) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (let k = first; k < last; k += 4) {
      const row = V + x + <usize>load<i32>(k) * line;
      s0 = f32x4.add(s0, v128.load(row));
      s1 = f32x4.add(s1, v128.load(row, 16));
    }
    v128.store(out + x, f32x4.add(v128.load(out + x), s0));
    v128.store(out + x, f32x4.add(v128.load(out + x, 16), s1), 16);
  }
}

/**
 * The product with a sparse matrix: out_r (S) = Σ_k value_k V_{index_k} over the entries k of row r, in their order. Indices
 * need not ascend, which suits matrices that are multiplied once.
 */
export function multiplySparse(
  from: i32,
  to: i32,
  _scratch: usize,
  offsets: usize,
  indices: usize,
  values: usize,
  V: usize,
  out: usize,
  S: usize,
): i32 {
  const line = S << 2;
  for (let r = <usize>from; r < <usize>to; r++) {
    const end = (<usize>load<i32>(offsets + (r << 2), 4)) << 2;
    const row = out + r * line;
    memory.fill(row, 0, line);
    for (let k = (<usize>load<i32>(offsets + (r << 2))) << 2; k < end; k += RUN << 2) {
      addWeighted(k, min(end, k + (RUN << 2)), indices, values, V, line, row);
    }
  }
  return 0;
}

/** out += Σ value · row over the entries at byte offsets [first, last). */
function addWeighted(
  first: usize,
  last: usize,
  indices: usize,
  values: usize,
  V: usize,
  line: usize,
  out: usize,
): void {
  for (let x: usize = 0; x < line; x += 32) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (let k = first; k < last; k += 4) {
      const row = V + x + <usize>load<i32>(indices + k) * line;
      const value = v128.load32_splat(values + k);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(row, 16)));
    }
    v128.store(out + x, f32x4.add(v128.load(out + x), s0));
    v128.store(out + x, f32x4.add(v128.load(out + x, 16), s1), 16);
  }
}
