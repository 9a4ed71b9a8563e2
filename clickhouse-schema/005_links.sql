-- Links between our visitor and other ids: `source` is a partner's id or a device id type, `uid` the id
-- there. A visitor has one uid with a partner (the newest; an empty one is a deleted match) and any
-- number of device ids, of each of which `own` is the visitor that it alone would be. Kept ninety days since last seen.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {links}
(
    source  LowCardinality(String),
    visitor UInt64,
    uid     String,
    own     SimpleAggregateFunction(max, UInt64),
    first   SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last    SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = {AggregatingMergeTree}
ORDER BY (source, visitor, uid)
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE MATERIALIZED VIEW IF NOT EXISTS links_from_hits TO {links} AS
SELECT device_type AS source, visitor, device_id AS uid, max(device_visitor) AS own,
       min(time) AS first, max(time) AS last
FROM {hits} WHERE device_id != '' GROUP BY source, visitor, uid;

-- A match as the journal brings it, with the consent it came under. Kept a day: what remains are the
-- link and the consent made of it.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {matches}
(
    time     DateTime64(3, 'UTC'),
    visitor  UInt64,
    partner  LowCardinality(String),
    uid      String,
    purposes UInt16,
    partners Array(LowCardinality(String)),
    file     LowCardinality(String)
)
ENGINE = {MergeTree}
PARTITION BY toDate(time)
ORDER BY (visitor, time)
TTL toDate(time) + toIntervalDay(1)
SETTINGS ttl_only_drop_parts = 1, {deduplicated};

CREATE MATERIALIZED VIEW IF NOT EXISTS links_from_matches TO {links} AS
SELECT partner AS source, visitor, uid, min(time) AS first, max(time) AS last
FROM {matches} GROUP BY source, visitor, uid;

CREATE MATERIALIZED VIEW IF NOT EXISTS consents_from_matches TO {consents} AS
SELECT visitor, max(m.time) AS time, 0 AS withdrawn,
       argMax(m.purposes, m.time) AS purposes, argMax(m.partners, m.time) AS partners, 'web' AS origin
FROM {matches} AS m GROUP BY visitor;

CREATE VIEW IF NOT EXISTS kept_links AS
SELECT source, visitor, uid, max(links.own) AS own, min(links.first) AS first, max(links.last) AS last
FROM links WHERE toDate(links.last) > today() - {retention}
GROUP BY source, visitor, uid;
