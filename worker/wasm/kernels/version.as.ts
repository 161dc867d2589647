/**
 * Where the vectors of a version lie. An instance of this module serves one version in its own memory: the host places
 * everything and says where; no kernel allocates.
 *
 * Movies stand in the order of positions, most rated first; `order` leads back to rows of the movie table. Vectors are
 * "blk16": blocks of 16 positions, within a block column after column, 16 numbers each, so that one load brings four
 * movies' numbers of one column. What fills the last block is zero.
 *
 *   rating     ⌈M/16⌉ blocks × ratingColumns × 16 f32: bias, deviation, K factors, zeros to an even number
 *   relevance  relevanceBlocks × relevanceColumns × 16 f32: E factors, zeros to an even number; movies behind have none
 */
export let count: u32 = 0; // M
export let blocks: u32 = 0; // ⌈M/16⌉
export let relevanceBlocks: u32 = 0;
export let ratingColumns: usize = 0; // even
export let relevanceColumns: usize = 0; // even
export let rating: usize = 0;
export let relevance: usize = 0;
/** (16 · blocks) f32 each: 1/‖rating factors‖ and 1/‖relevance vector‖, 0 for zero vectors. */
export let ratingInverse: usize = 0;
export let relevanceInverse: usize = 0;
/** (16 · blocks) f32, standard error of each position, and of each group of 64 the least and the largest: (2, groups). */
export let standardErrors: usize = 0;
export let standardErrorHeads: usize = 0;
/** (M) u32, row of each position. */
export let order: usize = 0;
/** (M) bytes by row, not 0 for rows that may not come up. */
export let marks: usize = 0;

/** Also fills `positions`, (M) u32: the position of each row. */
export function setCatalogue(m: u32, orderAt: usize, positions: usize, marksAt: usize): void {
  count = m;
  blocks = (m + 15) >> 4;
  order = orderAt;
  marks = marksAt;
  for (let position: u32 = 0; position < m; position++) {
    store<u32>(positions + (load<u32>(orderAt + (position << 2)) << 2), position);
  }
}

export function setRating(at: usize, columns: usize, inverse: usize): void {
  rating = at;
  ratingColumns = columns;
  ratingInverse = inverse;
}

export function setStandardErrors(at: usize, heads: usize): void {
  standardErrors = at;
  standardErrorHeads = heads;
}

export function setRelevance(at: usize, columns: usize, count: u32, inverse: usize): void {
  relevance = at;
  relevanceColumns = columns;
  relevanceBlocks = count;
  relevanceInverse = inverse;
}
