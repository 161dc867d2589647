-- Milliseconds since the epoch at which the Worker took the rating: of two with the same rated_at the one taken later
-- holds, in whatever order they arrive here.
ALTER TABLE rating ADD COLUMN accepted_at INTEGER NOT NULL DEFAULT 0;

-- Seconds since the epoch at which a person was deleted; NULL: they were not. The row stays, so that the id is never
-- given to anybody else and nothing is written for it any more. What tells the nightly retrain is a row of rating_log with
-- movie_id -1: every movie.
ALTER TABLE person ADD COLUMN deleted_at INTEGER;
