-- What operators make (sites, partners, segments, keys, settings): one row a version, newest version wins.
-- A version is written once: its deduplication token is kind/id/version, so two writers of the same
-- version cannot both succeed (compare-and-set). Small, and no visitor in it: no TTL.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {objects}
(
    kind    LowCardinality(String),
    id      String,
    version UInt32,
    time    DateTime64(3, 'UTC'),
    actor   String,
    deleted Bool,
    body    String,
    writer  String
)
ENGINE = {MergeTree}
ORDER BY (kind, id, version)
SETTINGS {deduplicated};
