-- Films that programs added or took out of the lists. A retrain takes them up; until then the Worker reads them here.
CREATE TABLE film (
  id TEXT PRIMARY KEY, -- in the catalogue
  movie_id INTEGER NOT NULL UNIQUE,
  about TEXT NOT NULL, -- JSON: title, year, genres, language, poster, url
  available INTEGER NOT NULL CHECK (available IN (0, 1)), -- 0: nobody is shown it
  change INTEGER NOT NULL UNIQUE -- counts up with every change: readers go on behind the last one that they saw
);
