-- What was handed out: the log of each exported set (a segment under one kind of id). A pull brings it up
-- to date and answers from it, so what a reader holds after applying each answer in turn is what a full
-- export gives, whatever changed in between: membership, a match, a replaced id, a withdrawal.
-- An add is kept as long as the observation behind it; a removal, which must outlive the link it needs,
-- at most thirty days.
-- shard by: cityHash64(uid)
CREATE TABLE IF NOT EXISTS {exports}
(
    segment  LowCardinality(String),
    source   LowCardinality(String),
    uid      String,
    seq      UInt64,
    op       Enum8('add' = 1, 'remove' = 2),
    observed Date
)
ENGINE = {MergeTree}
ORDER BY (segment, source, uid, seq)
TTL observed + toIntervalDay(if(op = 'remove', least(30, {retention}), {retention}))
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_exports AS
SELECT * FROM exports
WHERE observed > today() - if(op = 'remove', least(30, {retention}), {retention});
