-- Which people are in which database, once `npm run reshard` has spread them over several: one row, and each database has
-- its own. Without a row everybody is in DB. While people move, the row is what keeps a person in one place: a database
-- refuses whatever is written for somebody who is elsewhere, or on the way (shared/ratings/tables/shard-map.ts, which makes
-- the triggers for that when people are spread, since each would cost a row read for every rating).
CREATE TABLE shard_map (
  one INTEGER PRIMARY KEY CONSTRAINT elsewhere CHECK (one = 1),
  self TEXT NOT NULL, -- the number of this database as a digit of base 36: 0 is DB, 1 is DB_1
  version INTEGER NOT NULL, -- counts up when a reshard begins and when it ends
  places TEXT NOT NULL, -- a digit for each of 256 slots: the database of its people
  next TEXT NOT NULL, -- the same after the reshard; places where none is under way
  below INTEGER NOT NULL, -- people with lower ids are where next says
  moving INTEGER NOT NULL -- people from below on with lower ids than this are on the way
);
