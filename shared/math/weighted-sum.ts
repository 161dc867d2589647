/**
 * Σ_j Σ_s w_js row_js over certain rows of a table, in their order, in float64. A row has P parts of `width` numbers,
 * mostly one. Weights: (n, P), result: (width).
 */
export type WeightedSum = (weights: Float64Array) => Float64Array;

/** `WeightedSum` in plain loops over `rows` of a table (M, P · width): the reference. Parts with weight 0 are not read. */
export function weightedSum(table: Float32Array, width: number, rows: Int32Array, parts = 1): WeightedSum {
  return (weights) => {
    const used = new Int32Array(weights.length);
    const some = new Float64Array(weights.length);
    let n = 0;
    for (let k = 0; k < weights.length; k++) {
      if (weights[k] === 0) continue;
      used[n] = rows[Math.floor(k / parts)] * parts + (k % parts);
      some[n++] = weights[k];
    }
    const sum = new Float64Array(width);
    addRows(sum, table, used.subarray(0, n), some);
    return sum;
  };
}

/** sum (width) += Σ_j weights_j · row rows_j of a table (M, width), in that order. */
function addRows(sum: Float64Array, table: Float32Array, rows: Int32Array, weights: Float64Array): void {
  const width = sum.length;
  let j = 0;
  // Four rows at a time, so that the sum is read and written less often.
  for (; j + 4 <= rows.length; j += 4) {
    const [a, b, c, d] = [rows[j] * width, rows[j + 1] * width, rows[j + 2] * width, rows[j + 3] * width];
    const [va, vb, vc, vd] = [weights[j], weights[j + 1], weights[j + 2], weights[j + 3]];
    for (let x = 0; x < width; x++) {
      sum[x] = sum[x] + va * table[a + x] + vb * table[b + x] + vc * table[c + x] + vd * table[d + x];
    }
  }
  for (; j < rows.length; j++) {
    const [a, va] = [rows[j] * width, weights[j]];
    for (let x = 0; x < width; x++) sum[x] += va * table[a + x];
  }
}
