-- Times are whole seconds. Earlier releases stored fractions of files as they were.
UPDATE rating SET rated_at = CAST(rated_at AS INTEGER)
WHERE typeof(rated_at) = 'real' AND rated_at BETWEEN 0 AND 253402300799;
UPDATE rating_log SET rated_at = CAST(rated_at AS INTEGER)
WHERE typeof(rated_at) = 'real' AND rated_at BETWEEN 0 AND 253402300799;

-- Earlier releases let a program delete an id that nobody had; ids go on behind the largest. The model's ids end at
-- 2147483647, so that whoever came after it could not be trained: they get a new id with their next visit.
DELETE FROM person WHERE user_id >= 2147483647;
UPDATE sqlite_sequence SET seq = (SELECT max(1000000000, coalesce(max(user_id), 0)) FROM person)
WHERE name = 'person' AND seq >= 2147483647;
