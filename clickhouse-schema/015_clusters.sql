-- Visitors who are one device's, as far as links tell: one row a visitor, only where there are at least two.
-- `cluster` is a hash of the lowest visitor in it, so that who is erased stands in nobody's row; `last` the newest observation of the visitor's links. One partition a build.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {clusters}
(
    build   UInt64,
    visitor UInt64,
    cluster UInt64,
    last    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY visitor
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- A no ends it at once, not with the next build.
CREATE VIEW IF NOT EXISTS kept_clusters AS
SELECT visitor, cluster FROM clusters
WHERE build = (SELECT max(identity_builds.build) FROM identity_builds WHERE kind = 'clusters')
  AND toDate(last) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
  AND visitor GLOBAL NOT IN (SELECT visitor FROM withdrawn_visitors);

-- What a build of clusters writes on its way: one partition a step, dropped when the next step has read it. Rows
-- are grouped by `node`, in whose order they lie, so that a step of any size is read as a stream; src/identity
-- tells what each step's columns hold.
-- shard by: node
CREATE TABLE IF NOT EXISTS {cluster_work}
(
    build   UInt64,
    step    UInt16,
    node    UInt64,
    visitor UInt64,
    label   UInt64,
    width   UInt32,
    first   DateTime64(3, 'UTC'),
    last    DateTime64(3, 'UTC'),
    time    DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY (build, step)
ORDER BY (node, visitor)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};
