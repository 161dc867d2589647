/** Sizes by which the kernels cut work up and lay scratch out. The engine reads them from the module. */

/** Rows of a chunk whose sums a kernel keeps: of columns, priors and scatter; and of losses, which take longer. */
export const SUMMED_ROWS: usize = 1024;
export const LOSS_ROWS: i32 = 32;

/** Entries whose rows are gathered before a Gram matrix takes them: 64 rows of 64 floats fill half of a 32 KB cache. */
export const BATCH: usize = 64;

/** Rows and columns of a square block of a matrix: factored, inverted, mirrored or packed at once. */
export const BLOCK: usize = 64;
/** Depth of a packed block: A's 64 rows are 32 KB, a panel of B 4 KB, which stays in the first-level cache. */
export const DEPTH: usize = 128;
/** Columns of an inverse that are computed together. */
export const WIDTH: usize = 128;

/**
 * Tables of a block of users' histories, written by `histories.as.ts`, read by `moments.as.ts`. e is the position in the
 * block; user u has starts[u] ≤ e < starts[u + 1] in each:
 *   tastes   16 bytes   column · 4, position · 4, g, –            what weighs something, packed to the user's start
 *   visits   32 bytes   user's start, flat g, fading g, constant g, first row after, place among the likes or −1,
 *                       asked, end of the likes                   of each taste
 *   likes    16 bytes   column · 4, (time of the oldest row that asks − 1) · 4, flat, fading      packed likewise
 *   rows     16 bytes   first like it asks, (time − 1) · 4, q, end of the likes it asks           packed, then one that asks
 *                       nothing
 * `fades` (float32) and `powers` (float64) hold e^{−d / decay} for d = 0, 1, … up to the longest sequence.
 */
export const LOG_RECORD: usize = 4; // bytes as a power of two
export const LOG_VISIT: usize = 5;
/** Bytes of a training row in scratch: time (int32), end (int32), 1/√W, 1/√count (float64). */
export const LOG_ROW: usize = 5;
