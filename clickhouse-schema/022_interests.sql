-- Of each of a hit's categories how sure it is, in percent and in their order: 100 for the site's own, less for what
-- the words of its page mean. Of hits that were journalled before, none.
ALTER TABLE {hits}
    ADD COLUMN IF NOT EXISTS confidences Array(UInt8);

-- The columns of a view are those its table had when the view was made.
CREATE OR REPLACE VIEW kept_hits AS
SELECT *, toHour(addMinutes(time, tz)) AS hour, toDayOfWeek(addMinutes(time, tz)) AS weekday FROM hits
WHERE toDate(time) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- How much of everything there is, without whose: of a category, keyword, site, event or path (`value`) how many
-- distinct hits, of how many visitors, and when the newest. `kind` all has one row, with the value empty: everything.
-- One partition a step of a build. Step 0: of the visitors of one range, whose numbers add up; step 1: of all
-- visitors, the commonest values of each kind.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {feature_counts}
(
    build         UInt64,
    step          UInt8,
    kind          LowCardinality(String),
    value         String,
    hit_count     UInt64,
    visitor_count UInt64,
    newest        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY (build, step)
ORDER BY (kind, value)
TTL toDate(newest) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_feature_counts AS
SELECT kind, value, hit_count, visitor_count, newest FROM feature_counts
WHERE step = 1
  AND build = (SELECT max(audience_builds.build) FROM audience_builds WHERE kind = 'features')
  AND toDate(newest) > today() - {retention};

-- The names that an official taxonomy gives its ids, as they were imported. Of each taxonomy the rows of the newest
-- import count; `tiers` are the names from the top down to its own. Nobody's data, and kept without an end.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {taxonomy_names}
(
    taxonomy LowCardinality(String),
    id       String,
    parent   String,
    name     String,
    tiers    Array(String),
    time     DateTime64(3, 'UTC')
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY (taxonomy, id)
SETTINGS {deduplicated};
