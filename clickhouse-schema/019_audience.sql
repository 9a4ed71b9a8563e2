-- What the audience jobs made visible: of each kind the newest row's build is what readers see. `kind` is
-- `interests`, `features`, `demographics/<attribute>` or `lookalikes/<segment>`. `build` is the number of the lease
-- it was made under, so a run that lost its lease cannot win. `summary` is counts and figures, nobody's id.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {audience_builds}
(
    kind    LowCardinality(String),
    build   UInt64,
    as_of   DateTime64(3, 'UTC'),
    took_ms UInt32,
    summary String,
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (kind, build)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- How much more than everybody a visitor cares for what: `interest` is an id of the IAB Audience Taxonomy 1.1,
-- `score` from 0 to 100, `last` the newest hit behind it. One partition a build.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {interests}
(
    build    UInt64,
    interest LowCardinality(String),
    visitor  UInt64,
    score    Float32,
    last     DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (interest, visitor)
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_interests AS
SELECT interest, visitor, score, last FROM interests
WHERE build = (SELECT max(audience_builds.build) FROM audience_builds WHERE kind = 'interests')
  AND toDate(last) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- Who is what, declared or inferred: a row for each visitor, attribute and class. `probability` is calibrated, and
-- 1 or 0 where the visitor has declared; `decided` marks the class that the visitor counts as, of which an unknown
-- visitor has none. `last` is the newest hit or label behind it. One partition a build, of one attribute or of more.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {demographics}
(
    attribute   LowCardinality(String),
    build       UInt64,
    value       LowCardinality(String),
    visitor     UInt64,
    probability Float32,
    declared    Bool,
    decided     Bool,
    last        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (attribute, value, visitor)
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_demographics AS
SELECT attribute, value, visitor, probability, declared, decided, last FROM demographics
WHERE (attribute, build) GLOBAL IN (
    SELECT substring(kind, length('demographics/') + 1), max(audience_builds.build) FROM audience_builds
    WHERE startsWith(kind, 'demographics/') GROUP BY kind)
  AND toDate(last) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- Who is like the members of a segment, the most similar first: `place` counts from 1, members of the seed have
-- none (0) and stand here for those who want them too. `score` is the calibrated probability of being one of them.
-- One partition a build, of one seed or of more.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {lookalikes}
(
    seed    LowCardinality(String),
    build   UInt64,
    visitor UInt64,
    place   UInt64,
    score   Float32,
    last    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (seed, place, visitor)
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_lookalikes AS
SELECT seed, visitor, place, score, last FROM lookalikes
WHERE (seed, build) GLOBAL IN (
    SELECT substring(kind, length('lookalikes/') + 1), max(audience_builds.build) FROM audience_builds
    WHERE startsWith(kind, 'lookalikes/') GROUP BY kind)
  AND toDate(last) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);
