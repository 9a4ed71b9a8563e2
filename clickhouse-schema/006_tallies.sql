-- How many hits and matches ended how, by minute: the counters behind every refusal that is shown.
-- No visitor in it; kept as long as the hits, so that the two can be held against each other.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {tallies}
(
    time   DateTime('UTC'),
    room   LowCardinality(String),
    site   LowCardinality(String),
    reason LowCardinality(String),
    n      UInt64
)
ENGINE = {SummingMergeTree(n)}
PARTITION BY toDate(time)
ORDER BY (time, room, site, reason)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS ttl_only_drop_parts = 1, {deduplicated};

CREATE VIEW IF NOT EXISTS kept_tallies AS
SELECT time, room, site, reason, sum(tallies.n) AS n
FROM tallies WHERE toDate(time) > today() - {retention} GROUP BY time, room, site, reason;
