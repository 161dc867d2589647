/**
 * The k best rows by score, best first. Of equal scores the smaller row comes first; rows ascend by movieId, so it is
 * also the smaller id. Keeps a bounded min-heap: O(M log k).
 *
 * @param accept called only for rows that would enter the result, so that costly filters run rarely
 */
export function topK(scores: ArrayLike<number>, k: number, accept?: (row: number) => boolean): Int32Array {
  const heap = new Int32Array(Math.min(k, scores.length)); // root: the worst row kept
  let size = 0;
  const worse = (a: number, b: number) => scores[a] < scores[b] || (scores[a] === scores[b] && a > b);

  const sink = (row: number) => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && worse(heap[child + 1], heap[child])) child++;
      if (!worse(heap[child], row)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = row;
  };
  const rise = (row: number) => {
    let at = size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!worse(row, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = row;
  };

  if (heap.length > 0) {
    for (let row = 0; row < scores.length; row++) {
      const full = size === heap.length;
      if (full && !worse(heap[0], row)) continue;
      if (Number.isNaN(scores[row]) || (accept && !accept(row))) continue;
      if (full) sink(row);
      else rise(row);
    }
  }
  return heap.slice(0, size).sort((a, b) => scores[b] - scores[a] || a - b);
}
