-- What pages are told of a browser: a row for each visitor who allows it, with the segments that it is in and that may
-- leave for it (large enough, none with a policy label, none that its places forbid). Made of the memberships after
-- they were published; every collector keeps a copy of the newest on its disk, in the order of this table, and asks
-- that. `segments` are places, from 0, in the list that stands in the summary of the build's pointer
-- (audience_builds, kind `profiles`); `seen` is the oldest of the observations behind the row. One partition a build.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {profiles}
(
    build    UInt64,
    visitor  UInt64,
    segments Array(UInt16),
    seen     DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY visitor
TTL toDate(seen) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_profiles AS
SELECT visitor, segments, seen FROM profiles
WHERE build = (SELECT max(audience_builds.build) FROM audience_builds WHERE kind = 'profiles')
  AND toDate(seen) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);
