-- Users of a host application, which signs tokens for them: who they are here. A row goes with its person.
CREATE TABLE subject (
  subject TEXT PRIMARY KEY, -- `sub` of their tokens
  user_id INTEGER NOT NULL UNIQUE
) WITHOUT ROWID;
