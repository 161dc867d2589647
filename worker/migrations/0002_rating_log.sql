-- Every change of `rating`, in the order in which they came. Append-only: the nightly retrain reads on from the last seq
-- that it saw, and `rating` can be rebuilt from here (the row with the highest seq of each user and movie).
CREATE TABLE rating_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL,
  movie_id INTEGER NOT NULL,
  half_stars INTEGER CHECK (half_stars BETWEEN 1 AND 10), -- NULL: the user took the rating back
  rated_at INTEGER NOT NULL, -- seconds since the epoch
  source TEXT CHECK (source IN ('page', 'api', 'import')), -- NULL: older than this log
  received_at INTEGER NOT NULL DEFAULT (unixepoch()) -- seconds since the epoch
);

INSERT INTO rating_log (user_id, movie_id, half_stars, rated_at)
SELECT user_id, movie_id, half_stars, rated_at FROM rating ORDER BY rated_at, rowid;
