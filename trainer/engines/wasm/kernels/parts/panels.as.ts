/**
 * Packing for register tiles: eight rows or columns of a row-major matrix become one panel (depth, 8) with zeros beyond the
 * edge. A tile then reads one contiguous stream, whatever the matrix's width.
 *
 * Memory: pointers are byte offsets, `step` is the bytes from one row of the matrix to the next.
 */

/** panel (depth, 8) ← columns source[k][0 … columns), k < depth; columns ≤ 8. */
export function packColumns(source: usize, step: usize, depth: usize, columns: usize, panel: usize): void {
  if (columns == 8) {
    for (let k: usize = 0; k < depth; k++, source += step, panel += 32) {
      v128.store(panel, v128.load(source));
      v128.store(panel, v128.load(source, 16), 16);
    }
    return;
  }
  memory.fill(panel, 0, depth << 5);
  for (let k: usize = 0; k < depth; k++, source += step, panel += 32) memory.copy(panel, source, columns << 2);
}

/** panel (depth, 8) ← rows source[0 … rows)[k] as columns, k < depth; rows ≤ 8. */
export function packRows(source: usize, step: usize, depth: usize, rows: usize, panel: usize): void {
  const end = panel + (depth << 5);
  if (rows == 8) {
    for (const whole = panel + ((depth & ~3) << 5); panel < whole; panel += 128, source += 16) {
      transpose4(source, step, panel);
      transpose4(source + (step << 2), step, panel + 16);
    }
  } else {
    memory.fill(panel, 0, depth << 5);
  }
  for (; panel < end; panel += 32, source += 4) {
    for (let r: usize = 0; r < rows; r++) store<f32>(panel + (r << 2), load<f32>(source + r * step));
  }
}

/** out ← four floats of each of four rows, transposed; out's rows are 32 bytes apart. */
function transpose4(source: usize, step: usize, out: usize): void {
  const r0 = v128.load(source);
  const r1 = v128.load(source + step);
  const r2 = v128.load(source + (step << 1));
  const r3 = v128.load(source + (step << 1) + step);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(out, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
  v128.store(out, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
  v128.store(out, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
}
