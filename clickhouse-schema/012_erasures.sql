-- Who is to be deleted: one row a visitor. It is hidden from every view at once and deleted by the next
-- batch. `stored` is when the request reached this table, which for an opt-out taken while ClickHouse was
-- away is later than `time`. `suppressed`: nothing newer may be shown either, because a collector that had
-- not heard of the opt-out may still have taken a hit.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {erasures}
(
    erasure    String,
    visitor    UInt64,
    time       DateTime64(3, 'UTC'),
    stored     DateTime64(3, 'UTC'),
    origin     LowCardinality(String),
    suppressed Bool
)
ENGINE = {MergeTree}
ORDER BY (erasure, visitor)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE MATERIALIZED VIEW IF NOT EXISTS erasures_from_optouts TO {erasures} AS
SELECT erasure, visitor, time, now64(3, 'UTC') AS stored, 'optout' AS origin, true AS suppressed FROM {optouts};

-- What a batch deleted of each visitor: the receipt's numbers.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {erasure_steps}
(
    visitor UInt64,
    batch   UInt64,
    name    LowCardinality(String),
    rows    UInt64,
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (visitor, time)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Batches that came to their end: every request stored up to `horizon` is done, in the tables named.
-- `purged` is when the deleted rows had left the disk too.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {erasure_batches}
(
    batch   UInt64,
    horizon DateTime64(3, 'UTC'),
    names   Array(LowCardinality(String)),
    time    DateTime64(3, 'UTC'),
    purged  DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY batch
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS erased_visitors AS
SELECT visitor FROM erasures
WHERE toDate(time) > today() - {retention}
  AND (suppressed OR stored > (SELECT max(horizon) FROM erasure_batches));

-- The views of visitors' rows once more, now without whom they must not show. The set is looked up a row,
-- and empty most of the day.
CREATE OR REPLACE VIEW kept_hits AS
SELECT *, toHour(addMinutes(time, tz)) AS hour, toDayOfWeek(addMinutes(time, tz)) AS weekday FROM hits
WHERE toDate(time) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

CREATE OR REPLACE VIEW kept_features AS
SELECT * FROM features
WHERE toDate(time) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

CREATE OR REPLACE VIEW kept_links AS
SELECT source, visitor, uid, max(links.own) AS own, min(links.first) AS first, max(links.last) AS last
FROM links
WHERE toDate(links.last) > today() - {retention}
  AND links.visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
GROUP BY source, visitor, uid;

CREATE OR REPLACE VIEW kept_members AS
SELECT * FROM members
WHERE toDate(seen) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);
