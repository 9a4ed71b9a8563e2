-- What keys did beside making, changing and looking, and that leaves no version of anything: a delivery by hand, an
-- erasure, a run of a job. One row an act, written before it is done. `actor` is the id of the key; `subject` is an id,
-- or of a visitor a keyed hash as in looks.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {acts}
(
    time    DateTime64(3, 'UTC'),
    actor   String,
    action  LowCardinality(String),
    kind    LowCardinality(String),
    subject String
)
ENGINE = {MergeTree}
ORDER BY time
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};
