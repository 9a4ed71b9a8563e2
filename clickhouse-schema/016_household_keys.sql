-- The keys with which addresses are hashed, one a period, the same for every collector. On the day `ends` the
-- partition is dropped, by the job within the hour, and by the TTL where no job runs: nobody can make one of its
-- hashes again. `starts` and `days` name the period; `key` is 32 random bytes in hex.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {household_keys}
(
    starts Date,
    days   UInt8,
    ends   Date,
    key    String,
    time   DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY ends
ORDER BY (starts, days)
TTL ends + toIntervalDay(1)
SETTINGS {deduplicated};
