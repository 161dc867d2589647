import { readWatermark } from '../../shared/ratings/log-partitions.ts';

/** Seqs a statement. */
const STEP = 50_000;

/**
 * What the log need not hold any more: rows that R2 has, up to seq ?2, and that are not the current rating. What is left
 * still gives the table of current ratings, and the same retrain.
 */
const SUPERSEDED = `
  DELETE FROM rating_log WHERE seq > ?1 AND seq <= ?2 AND NOT EXISTS (
    SELECT 1 FROM rating
    WHERE rating.user_id = rating_log.user_id AND rating.movie_id = rating_log.movie_id
      AND rating.rated_at = rating_log.rated_at AND rating.half_stars IS rating_log.half_stars)`;

/**
 * Folds D1's log: deletes the superseded rows that R2 already has. Broken off anywhere, the next run does the rest.
 *
 * @returns how many rows went
 */
export async function foldLog(db: D1Database, bucket: R2Bucket): Promise<number> {
  const watermark = await readWatermark(bucket);
  const first = await db.prepare('SELECT min(seq) AS seq FROM rating_log').first<{ seq: number | null }>();
  let folded = 0;
  for (let after = (first?.seq ?? watermark + 1) - 1; after < watermark; after += STEP) {
    const { meta } = await db
      .prepare(SUPERSEDED)
      .bind(after, Math.min(after + STEP, watermark))
      .run();
    folded += meta.changes;
  }
  return folded;
}
