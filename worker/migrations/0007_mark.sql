-- What a person says of a movie besides stars, one row for each (user, movie): that they want to see it, saw it, or do not
-- want to be shown it. No training reads it.
CREATE TABLE mark (
  user_id INTEGER NOT NULL,
  movie_id INTEGER NOT NULL,
  mark TEXT CHECK (mark IN ('watchlist', 'seen', 'dismissed')), -- NULL: the user took it back
  marked_at INTEGER NOT NULL, -- seconds since the epoch
  accepted_at INTEGER NOT NULL, -- milliseconds since the epoch, by the Worker's clock: decides between equal marked_at
  changes INTEGER NOT NULL, -- how often sessions changed it on the day (UTC) of accepted_at
  PRIMARY KEY (user_id, movie_id)
) WITHOUT ROWID;
