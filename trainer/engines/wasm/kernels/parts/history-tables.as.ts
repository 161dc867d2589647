/**
 * Tables of a block of users' histories, which `histories.as.ts` writes and `moments.as.ts` reads. Position e counts the
 * block's ratings; user u owns positions starts[u] ≤ e < starts[u + 1] of each table, filled from the front.
 *
 *   tastes   16 bytes   column · 4, position · 4, g, unused                    one for each rating that weighs something
 *   visits   32 bytes   user's start, flat g, fading g, constant g, first row after it, position among the likes or −1,
 *                       Σ share of the rows that ask for it, end of the likes  one for each taste
 *   likes    16 bytes   column · 4, (time of the oldest row that asks for it − 1) · 4, flat, fading
 *   rows     16 bytes   first like that it asks for, (time − 1) · 4, q · share, end of the likes that it asks for;
 *                       the last one asks for nothing
 *
 * `fades` (float32) and `powers` (float64) hold e^{−d / decay} for d = 0, 1, … up to the longest history. The sizes of the
 * records are in `sizes.as.ts`.
 */
export { LOG_RECORD, LOG_VISIT } from '../sizes.as';
