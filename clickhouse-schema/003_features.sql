-- The feature-ordered copy of the hits: one row for each category and keyword of a hit, with the
-- columns that a Match of a rule can name beside it. A rule on a category reads only that category.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {features}
(
    kind     LowCardinality(String),
    value    String,
    visitor  UInt64,
    time     DateTime64(3, 'UTC'),
    hit      UInt64,
    site     LowCardinality(String),
    event    LowCardinality(String),
    country  LowCardinality(String),
    region   LowCardinality(String),
    language LowCardinality(String),
    device   LowCardinality(String),
    os       LowCardinality(String),
    browser  LowCardinality(String),
    hour     UInt8,
    weekday  UInt8
)
ENGINE = {MergeTree}
PARTITION BY toDate(time)
ORDER BY (kind, value, visitor, time)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS ttl_only_drop_parts = 1, {deduplicated};

CREATE MATERIALIZED VIEW IF NOT EXISTS features_from_hits TO {features} AS
SELECT
    feature.1 AS kind, feature.2 AS value,
    visitor, time, hit, site, event, country, region, language, device, os, browser,
    toHour(addMinutes(time, tz)) AS hour, toDayOfWeek(addMinutes(time, tz)) AS weekday
FROM {hits}
ARRAY JOIN arrayConcat(
    arrayMap(c -> ('category', toString(c)), arrayDistinct(categories)),
    arrayMap(k -> ('keyword', k), arrayDistinct(keywords))
) AS feature;

CREATE VIEW IF NOT EXISTS kept_features AS
SELECT * FROM features WHERE toDate(time) > today() - {retention};
