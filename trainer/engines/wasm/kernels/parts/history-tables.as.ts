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
export const LOG_RECORD: usize = 4;
export const LOG_VISIT: usize = 5;
