-- People who look for a film together. A gathering lives for a day; who was in it is deleted then, and the code is kept
-- for another day, so that a late visitor is told that it ended.
CREATE TABLE gathering (
  code TEXT PRIMARY KEY, -- random, 60 bits
  maker INTEGER UNIQUE, -- user_id of whoever opened it; NULL: it has ended
  made_at INTEGER NOT NULL -- seconds since the epoch
) WITHOUT ROWID;
CREATE INDEX gathering_by_age ON gathering (made_at);

CREATE TABLE gathering_member (
  code TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  place INTEGER NOT NULL, -- 1 the maker, then in the order of joining; no number comes twice
  name TEXT, -- NULL: none was given
  not_seen TEXT NOT NULL, -- JSON: ids of films that they have not seen
  PRIMARY KEY (code, user_id)
) WITHOUT ROWID;
CREATE INDEX gathering_of_member ON gathering_member (user_id);
