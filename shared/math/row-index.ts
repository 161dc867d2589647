/**
 * Makes a function that finds the row of an id among ascending ids, which every request needs many times. Ids that
 * share their leading bits are neighbours: a table by those bits, about as long as the ids, says where they begin.
 *
 * @param ids ascending, not negative, (M)
 * @returns the row, −1 when there is none
 */
export function rowIndex(ids: Int32Array): (id: number) => number {
  const largest = ids.length > 0 ? ids[ids.length - 1] : 0;
  let shift = 0;
  while (largest >> shift > ids.length) shift++;
  const starts = new Int32Array((largest >> shift) + 2);
  for (let row = 0, bits = 0; row < ids.length; row++) {
    for (const prefix = ids[row] >> shift; bits < prefix; ) starts[++bits] = row;
  }
  starts[starts.length - 1] = ids.length;
  return (id) => {
    if (!(id >= 0 && id <= largest)) return -1;
    const end = starts[(id >> shift) + 1];
    for (let row = starts[id >> shift]; row < end; row++) if (ids[row] === id) return row;
    return -1;
  };
}

/** Index of `value` in an ascending array, −1 when absent. */
export function binarySearch(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = ascending[middle];
    if (at === value) return middle;
    if (at < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Index of the last number that is not above `value` in an ascending array, −1 where all are. */
export function lastNotAbove(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
