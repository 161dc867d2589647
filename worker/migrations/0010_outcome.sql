-- Lists that were shown to people, of the share of people that LIST_LOG names, for 90 days.
CREATE TABLE list_shown (
  user_id INTEGER NOT NULL,
  request TEXT NOT NULL, -- id of the request
  shown_at INTEGER NOT NULL, -- seconds since the epoch
  version TEXT NOT NULL, -- of the model
  experiment TEXT, -- its name; NULL: the person was in none
  arm TEXT, -- of the experiment; NULL likewise
  ordering TEXT NOT NULL, -- relevance, rating, next, or the blend
  explored INTEGER NOT NULL, -- 1: a draw from the posterior put it in order
  probability REAL, -- of that, or of its contrary, whichever came; NULL: nothing was drawn for this request
  first INTEGER NOT NULL, -- place of the first movie, from 0
  movies TEXT NOT NULL, -- JSON: movie ids in their places
  PRIMARY KEY (user_id, request)
) WITHOUT ROWID;

-- What people did with films, as a client told it, for 90 days. No training reads it.
CREATE TABLE event (
  user_id INTEGER NOT NULL,
  id TEXT NOT NULL, -- the client's: the same again is the same event
  kind TEXT NOT NULL CHECK (kind IN ('clicked', 'watched', 'dismissed', 'watchlisted')),
  movie_id INTEGER NOT NULL,
  request TEXT, -- id of the request whose list it came from; NULL: not known
  happened_at INTEGER NOT NULL, -- seconds since the epoch
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
