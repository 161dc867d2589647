-- The current rating of each (user, movie). half_stars NULL: the user took the rating back.
CREATE TABLE rating (
  user_id INTEGER NOT NULL,
  movie_id INTEGER NOT NULL,
  half_stars INTEGER CHECK (half_stars BETWEEN 1 AND 10),
  rated_at INTEGER NOT NULL, -- seconds since the epoch
  PRIMARY KEY (user_id, movie_id)
);

-- People who came to the page. Ids start above every data set's.
CREATE TABLE person (
  user_id INTEGER PRIMARY KEY AUTOINCREMENT,
  created_at INTEGER NOT NULL
);
INSERT INTO sqlite_sequence (name, seq) VALUES ('person', 1000000000);
