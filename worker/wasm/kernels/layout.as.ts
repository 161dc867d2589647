/** Rows as a file has them to blk16 (`version.as.ts`) and back, and what is computed of an area once. */

/**
 * Puts rows (n, width) f32 where they belong: row r at position positions[r] (u32) of a blk16 area of `columns` columns
 * and `blocks` blocks, its first number in column `first`. Positions behind the area are left out.
 */
export function placeRows(
  rows: usize,
  n: u32,
  width: usize,
  positions: usize,
  area: usize,
  columns: usize,
  blocks: u32,
  first: usize,
): void {
  for (let r: u32 = 0; r < n; r++) {
    const position = load<u32>(positions + (r << 2));
    const end = rows + (width << 2);
    if (position >> 4 < blocks) {
      let to = area + (((position >> 4) * columns + first) << 6) + ((position & 15) << 2);
      for (; rows < end; rows += 4, to += 64) store<f32>(to, load<f32>(rows));
    }
    rows = end;
  }
}

/** One more than the last of the given positions whose row has a number that is not 0; 0 if none has. */
export function positionsUsed(rows: usize, n: u32, width: usize, positions: usize): u32 {
  let used: u32 = 0;
  for (let r: u32 = 0; r < n; r++) {
    const position = load<u32>(positions + (r << 2));
    const end = rows + (width << 2);
    if (position >= used) {
      for (let at = rows; at < end; at += 4) {
        if (load<f32>(at) == 0) continue;
        used = position + 1;
        break;
      }
    }
    rows = end;
  }
  return used;
}

/** out (16 · blocks) f32: 1/‖columns from `first` on‖ of every position, 0 where they are zero. */
export function inverseNorms(area: usize, columns: usize, blocks: u32, first: usize, out: usize): void {
  const one = f32x4.splat(1);
  for (let b: u32 = 0; b < blocks; b++) {
    for (let lane: usize = 0; lane < 64; lane += 16) {
      let sum = f32x4.splat(0);
      let at = area + ((b * columns + first) << 6) + lane;
      for (const end = at + ((columns - first) << 6); at < end; at += 64) {
        const x = v128.load(at);
        sum = f32x4.add(sum, f32x4.mul(x, x));
      }
      const inverse = f32x4.div(one, f32x4.sqrt(sum));
      v128.store(out, v128.and(inverse, f32x4.gt(sum, f32x4.splat(0))));
      out += 16;
    }
  }
}

/**
 * Rows (n, width) f32 → one byte a number and one f32 scale a row: byte = nearest(number / scale) + 128,
 * scale = largest magnitude / 127. Written row by row, `to` (n, width) and `scales` (n).
 */
export function packRows(rows: usize, n: u32, width: usize, to: usize, scales: usize): void {
  for (let r: u32 = 0; r < n; r++) {
    const end = rows + (width << 2);
    let largest: f32 = 0;
    for (let at = rows; at < end; at += 4) largest = max<f32>(largest, abs<f32>(load<f32>(at)));
    const scale: f32 = largest / 127;
    const steps: f32 = scale > 0 ? 1 / scale : 0;
    store<f32>(scales + (r << 2), scale);
    for (; rows < end; rows += 4, to++) store<u8>(to, <u8>(nearest<f32>(load<f32>(rows) * steps) + 128));
  }
}

/** Rows that are taken out together: their cache lines, one a number, come from memory at the same time. */
const TOGETHER: usize = 16;

/**
 * The way back: numbers `first` to `first` + `width` of the vectors of n rows (u32 each at `rows`, which are overwritten),
 * side by side, f32, to `out`; zeros for positions behind the area.
 */
export function takeBlocks(
  rows: usize,
  n: u32,
  positions: usize,
  area: usize,
  columns: usize,
  blocks: u32,
  first: usize,
  width: usize,
  out: usize,
): void {
  const end = rows + (n << 2);
  const size = width << 2;
  for (let at = rows; at < end; at += 4) {
    const position = load<u32>(positions + (load<u32>(at) << 2));
    const from = area + (((position >> 4) * columns + first) << 6) + ((position & 15) << 2);
    store<u32>(at, position >> 4 < blocks ? from : 0);
  }
  for (; rows < end; rows += TOGETHER << 2, out += TOGETHER * size) {
    const last = min<usize>(rows + (TOGETHER << 2), end);
    for (let x: usize = 0; x < size; x += 4) {
      let to = out + x;
      for (let at = rows; at < last; at += 4, to += size) {
        const from: usize = load<u32>(at);
        store<f32>(to, from != 0 ? load<f32>(from + (x << 4)) : 0);
      }
    }
  }
}

/**
 * What stands in parts by position: n rows (u32 each at `rows`) → parts · n, those of each row's position one after the
 * other, in place.
 */
export function partsOf(rows: usize, n: u32, positions: usize, parts: u32): void {
  for (let from = n; from-- > 0; ) {
    const first = load<u32>(positions + (load<u32>(rows + (from << 2)) << 2)) * parts;
    for (let part = parts; part-- > 0; ) store<u32>(rows + ((from * parts + part) << 2), first + part);
  }
}

/**
 * Of n rows (u32 each at `rows`) of a table (count, width), side by side, f32, to `out`; zeros for rows behind it.
 * `scales` 0: the table is f32 itself. Of packed ones eight columns of all rows come first, so that the cache lines of
 * all come from memory at the same time.
 */
export function takeRows(rows: usize, n: u32, at: usize, count: u32, width: usize, scales: usize, out: usize): void {
  const end = rows + (n << 2);
  const size = width << 2;
  if (scales == 0) {
    for (; rows < end; rows += 4, out += size) {
      const row = load<u32>(rows);
      if (row < count) memory.copy(out, at + row * size, size);
      else memory.fill(out, 0, size);
    }
    return;
  }
  let x: usize = 0;
  for (const whole = width & ~7; x < whole; x += 8, at += 8, out += 32) {
    let to = out;
    for (let list = rows; list < end; list += 4, to += size) {
      const row = load<u32>(list);
      if (row >= count) {
        memory.fill(to, 0, 32);
        continue;
      }
      const eight = i16x8.sub(v128.load_ext<u8>(at + row * width), i16x8.splat(128));
      const scale = v128.load32_splat(scales + (row << 2));
      v128.store(to, f32x4.mul(scale, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight))));
      v128.store(to, f32x4.mul(scale, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight))), 16);
    }
  }
  for (; x < width; x++, at++, out += 4) {
    let to = out;
    for (let list = rows; list < end; list += 4, to += size) {
      const row = load<u32>(list);
      if (row >= count) {
        store<f32>(to, 0);
        continue;
      }
      const number = <f32>(<i32>load<u8>(at + row * width) - 128);
      store<f32>(to, load<f32>(scales + (row << 2)) * number);
    }
  }
}
