-- Who looked at a single person, and when: one row a look. `actor` is the id of the key; `subject` is a keyed hash of
-- the visitor, by which a look at somebody can be proved or ruled out, and from which nobody can be found.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {looks}
(
    time    DateTime64(3, 'UTC'),
    actor   String,
    action  LowCardinality(String),
    subject String
)
ENGINE = {MergeTree}
ORDER BY time
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};
