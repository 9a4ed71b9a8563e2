-- A line of an upload of traits, as it came: who it is about is looked up once the whole upload is here.
-- A partition an upload, dropped when its receipt is written; the TTL is for an upload whose process died.
-- Ordered by the hash of the id, so that an upload of any size is looked up piece by piece.
-- shard by: cityHash64(uid)
CREATE TABLE IF NOT EXISTS {trait_lines}
(
    upload  String,
    line    UInt64,
    source  LowCardinality(String),
    uid     String,
    trait   String,
    expires UInt32,
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY upload
ORDER BY cityHash64(uid)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- What others say of our visitors: segments of second and third parties. The newest row of a visitor and a
-- trait counts. `time` is when it was uploaded; `expires` is in seconds since 1970, 0 = none of its own. An
-- expired row stays until the retention takes it, unseen: were it gone sooner, an older one would count again.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {traits}
(
    trait   LowCardinality(String),
    visitor UInt64,
    time    DateTime64(3, 'UTC'),
    expires UInt32,
    source  LowCardinality(String),
    upload  String
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY (trait, visitor)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_traits AS
SELECT trait, visitor,
       max((traits.time, traits.upload)).1 AS time,
       argMax(traits.expires, (traits.time, traits.upload)) AS expires,
       argMax(traits.source, (traits.time, traits.upload)) AS source,
       max((traits.time, traits.upload)).2 AS upload
FROM traits
WHERE toDate(traits.time) > today() - {retention}
  AND traits.visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
GROUP BY trait, visitor
HAVING expires = 0 OR expires > toUnixTimestamp(now());

-- The receipt of each upload of traits, written when it begins, while it runs and when it ends; the newest
-- row counts. Line numbers and reasons, nobody's id: no visitor in it.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {trait_uploads}
(
    id      String,
    started DateTime64(3, 'UTC'),
    time    DateTime64(3, 'UTC'),
    receipt String
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY id
TTL toDate(started) + toIntervalDay({retention})
SETTINGS {deduplicated};
