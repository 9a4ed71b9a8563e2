-- How each destination answers as a whole; the row with the greatest `step` counts. `failures` are chunks that failed in
-- a row: from so many on it is down, and tried with one chunk from `next` on. `version` is the destination object's,
-- because who has changed it has perhaps mended it.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {delivery_breakers}
(
    destination LowCardinality(String),
    step        UInt64,
    version     UInt32,
    failures    UInt32,
    reason      LowCardinality(String),
    detail      String,
    next        DateTime64(3, 'UTC'),
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, step)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};
