-- What each import changed, so that it can be taken back: one row for each rating or mark that it wrote, for 30 days.
CREATE TABLE import_change (
  user_id INTEGER NOT NULL,
  import INTEGER NOT NULL, -- milliseconds since the epoch: accepted_at of what it wrote
  kind TEXT NOT NULL CHECK (kind IN ('rating', 'mark', 'undone')), -- undone: the import was taken back
  movie_id INTEGER NOT NULL, -- -1 where kind is undone
  before TEXT, -- JSON: what the row of rating or mark held; NULL where there was none
  PRIMARY KEY (user_id, import, kind, movie_id)
) WITHOUT ROWID;
CREATE INDEX import_change_by_import ON import_change (import);
