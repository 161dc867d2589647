/**
 * Tables of a block of users' histories, which `histories.as.ts` writes and `moments.as.ts` reads. Position e counts the
 * block's ratings; user u owns positions starts[u] ≤ e < starts[u + 1] of each table, filled from the front.
 *
 *   tastes   16 bytes   column · 4, time · 4, g, unused       one for each rating that weighs something in a scale
 *   likes    16 bytes   column · 4, (time of the oldest row that asks for it − 1) · 4, flat, fading
 *   spans    16 bytes   column · 4, q · share of the row at its time or 0, 1 if it is asked for or 0, unused
 *                                                             one for each rating
 *
 * Visits are what the tastes of one scale add, by movie, users ascending within each:
 *
 *   pairs    32 bytes   first and end of the earlier tastes of scale b that count, flat, fading, the half with itself, time · 4
 *   asked    32 bytes   time of the first row after it and end of the last row before it in `spans`, first like that only
 *                       later rows ask for, end of the likes that count, g, time · 4, (time of that row − 1 − time) · 4
 *
 * A rating's time is its place in its user's history. `fades` (float32) and `powers` (float64) of a scale hold e^{−d / decay}
 * for d = 0, 1, … up to the longest history, `norms` (float64) holds 1/√W_t. The sizes of the records are in `sizes.as.ts`.
 */
export { LOG_RECORD, LOG_VISIT } from '../sizes.as';
