import type { Database } from '../../shared/storage/database.ts';

const isId = (column: string) => `typeof(${column}) = 'integer' AND ${column} BETWEEN 0 AND 2147483647`;
const isTime = (column: string) => `typeof(${column}) = 'integer' AND ${column} BETWEEN 0 AND unixepoch() + 60`;
const NEWEST = 'SELECT max(seq) FROM rating_log GROUP BY user_id, movie_id';

/** What holds of every row, by table. */
const SOUND: Readonly<Record<string, string>> = {
  rating: `${isId('user_id')} AND ${isId('movie_id')} AND ${isTime('rated_at')}
    AND (half_stars IS NULL OR (typeof(half_stars) = 'integer' AND half_stars BETWEEN 1 AND 10))`,
  rating_log: `${isId('user_id')} AND (movie_id = -1 OR ${isId('movie_id')}) AND ${isTime('rated_at')}
    AND (half_stars IS NULL OR (typeof(half_stars) = 'integer' AND half_stars BETWEEN 1 AND 10))`,
  mark: `${isId('user_id')} AND ${isId('movie_id')} AND ${isTime('marked_at')}`,
  subject: `${isId('user_id')} AND typeof(subject) = 'text' AND length(subject) BETWEEN 1 AND 255`,
  event: `${isId('user_id')} AND ${isId('movie_id')} AND ${isTime('happened_at')} AND length(id) BETWEEN 1 AND 64
    AND (request IS NULL OR length(request) BETWEEN 1 AND 64)`,
  list_shown: `${isId('user_id')} AND ${isTime('shown_at')} AND json_valid(movies)`,
  person: `${isId('user_id')} AND ${isTime('created_at')}`,
  gathering: `length(code) = 12 AND ${isTime('made_at')}`,
  gathering_member: `${isId('user_id')} AND json_valid(not_seen) AND (name IS NULL OR length(name) BETWEEN 1 AND 24)`,
  import_change: `${isId('user_id')} AND (before IS NULL OR json_valid(before)) AND (movie_id = -1 OR ${isId('movie_id')})`,
};

/** Relations between tables: how many rows break each. */
const BROKEN: Readonly<Record<string, string>> = {
  'ratings that the log does not end with': `SELECT count(*) AS n FROM rating r JOIN rating_log l USING (user_id, movie_id)
    WHERE l.seq IN (${NEWEST}) AND (l.half_stars IS NOT r.half_stars OR l.rated_at <> r.rated_at)`,
  'ratings of deleted people': `SELECT count(*) AS n FROM rating JOIN person USING (user_id) WHERE deleted_at IS NOT NULL`,
  'subjects of deleted people': `SELECT count(*) AS n FROM subject JOIN person USING (user_id) WHERE deleted_at IS NOT NULL`,
  'events of deleted people': `SELECT count(*) AS n FROM event JOIN person USING (user_id) WHERE deleted_at IS NOT NULL`,
  'marks of deleted people': `SELECT count(*) AS n FROM mark JOIN person USING (user_id) WHERE deleted_at IS NOT NULL`,
};

/** Rows of each table, and what is unsound in the database. */
export async function lookThrough(db: Database): Promise<{ rows: Record<string, number>; garbage: string[] }> {
  const count = async (sql: string) => (await db.prepare(sql).first<{ n: number }>())!.n;
  const rows: Record<string, number> = {};
  const garbage: string[] = [];
  for (const [table, sound] of Object.entries(SOUND)) {
    rows[table] = await count(`SELECT count(*) AS n FROM ${table}`);
    const unsound = await count(`SELECT count(*) AS n FROM ${table} WHERE NOT coalesce((${sound}), 0)`);
    if (unsound > 0) garbage.push(`${unsound} unsound rows of ${table}`);
  }
  for (const [what, sql] of Object.entries(BROKEN)) {
    const broken = await count(sql);
    if (broken > 0) garbage.push(`${broken} ${what}`);
  }
  return { rows, garbage };
}
