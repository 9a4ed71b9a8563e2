-- An opt-out as the journal brings it: of whom, the keyed hash by which the visitor is remembered, and the
-- request to delete what is known. Kept a day: what remains is made of it here and in 012.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {optouts}
(
    time    DateTime64(3, 'UTC'),
    visitor UInt64,
    hash    UInt64,
    erasure String,
    file    LowCardinality(String)
)
ENGINE = {MergeTree}
PARTITION BY toDate(time)
ORDER BY (visitor, time)
TTL toDate(time) + toIntervalDay(1)
SETTINGS ttl_only_drop_parts = 1, {deduplicated};

-- Whom nothing may be stored of, ever again: no visitor, but a hash that only who holds the secret can make
-- of one. The one table without an end, because an opt-out has none. Ordered by when it became known here,
-- so that a collector reads only what is new to it.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {suppressions}
(
    hash   UInt64,
    stored DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (stored, hash)
SETTINGS {deduplicated};

CREATE MATERIALIZED VIEW IF NOT EXISTS suppressions_from_optouts TO {suppressions} AS
SELECT hash, now64(3, 'UTC') AS stored FROM {optouts};

-- An opt-out is a no like any other, and ends memberships the same way.
CREATE MATERIALIZED VIEW IF NOT EXISTS consents_from_optouts TO {consents} AS
SELECT visitor, time, 1 AS withdrawn, 0 AS purposes, emptyArrayString() AS partners, 'web' AS origin FROM {optouts};
