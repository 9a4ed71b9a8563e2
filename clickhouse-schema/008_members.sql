-- Who is in a segment: one partition a build, dropped whole when no segment points at it any more.
-- `seen` is the newest hit of the visitor that the build saw.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {members}
(
    build   UInt64,
    segment LowCardinality(String),
    visitor UInt64,
    seen    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (segment, visitor)
TTL toDate(seen) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_members AS
SELECT * FROM members WHERE toDate(seen) > today() - {retention};

-- The pointer that makes a build visible: the newest `built` row of a segment is its membership.
-- `build` is the number of the lease it was made under, so a builder that lost its lease cannot win.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {builds}
(
    segment LowCardinality(String),
    build   UInt64,
    state   Enum8('built' = 1, 'failed' = 2),
    version UInt32,
    as_of   DateTime64(3, 'UTC'),
    size    UInt64,
    took_ms UInt32,
    reason  String,
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (segment, build)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};
