-- What this database is, one row. Beside the log that R2 has of it, it tells whether the database was restored to an
-- earlier time or replaced by another one (shared/ratings/store-mark.ts).
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL, -- random, and never another database's
  epoch INTEGER NOT NULL, -- counts up whenever a restore is healed
  pull TEXT NOT NULL, -- random, new whenever a retrain begins to copy the log
  pull_before TEXT NOT NULL, -- the one that R2 was marked with at that time
  catalogue TEXT -- JSON: the data set of whose films the ratings are; NULL: not known yet
);
INSERT INTO store (one, id, epoch, pull, pull_before) VALUES (1, lower(hex(randomblob(16))), 1, '', '');
