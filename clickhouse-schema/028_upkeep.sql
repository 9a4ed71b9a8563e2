-- When a row was stored, by the clock of the ClickHouse that did: what was observed long ago may come late. By it is
-- found what changed since the log of an exported set was brought up to date. What was there before this column counts
-- as stored with it.
ALTER TABLE {links}
    ADD COLUMN IF NOT EXISTS landed SimpleAggregateFunction(max, DateTime('UTC')) DEFAULT now();
ALTER TABLE {uploaded_links}
    ADD COLUMN IF NOT EXISTS landed SimpleAggregateFunction(max, DateTime('UTC')) DEFAULT now();
ALTER TABLE {consents}
    ADD COLUMN IF NOT EXISTS landed DateTime('UTC') DEFAULT now();

ALTER TABLE {links} ADD INDEX IF NOT EXISTS landed landed TYPE minmax GRANULARITY 1;
ALTER TABLE {uploaded_links} ADD INDEX IF NOT EXISTS landed landed TYPE minmax GRANULARITY 1;
ALTER TABLE {consents} ADD INDEX IF NOT EXISTS landed landed TYPE minmax GRANULARITY 1;

ALTER TABLE {links} MATERIALIZE COLUMN landed;
ALTER TABLE {consents} MATERIALIZE COLUMN landed;

-- Whether the id was in the set before the row, so that a reader is told of changes from their rows alone, and not
-- from the whole history of the ids. Of rows that are older than this column it is not known.
ALTER TABLE {exports}
    ADD COLUMN IF NOT EXISTS was Enum8('unknown' = 0, 'out' = 1, 'in' = 2);
ALTER TABLE {exports} ADD INDEX IF NOT EXISTS seq seq TYPE minmax GRANULARITY 1;

-- The day of the add that a removal has taken back: the removal goes with it and no sooner, because what is newest of an
-- id counts, and the add alone would hand it out again. The job that lets go of what is past the retention deletes both
-- after thirty days; this holds where it did not run. Of rows that are older than this column the day is not known, and
-- is no later than that of the removal.
ALTER TABLE {exports}
    ADD COLUMN IF NOT EXISTS overtakes Date DEFAULT if(op = 'remove', observed, toDate(0));
ALTER TABLE {exports} MODIFY TTL observed + toIntervalDay(if(op = 'remove', greatest(least(30, {retention}), {retention} - (observed - overtakes)), {retention}));

CREATE OR REPLACE VIEW kept_exports AS
SELECT * FROM exports
WHERE observed > today() - if(op = 'remove', least(30, {retention}), {retention})
   OR (op = 'remove' AND overtakes > today() - {retention});

-- How far each log of an exported set is: the row with the greatest `seq` counts, and is written when all of the upkeep
-- is. `source` is the log's name, `looked` when the upkeep began to look, `whole` when it last compared all of the set,
-- `build` the members' and `aside` that of the ids that are not believed, with how many rows it had. `rule` stands for
-- all else by which rows leave: where it is another one, all is compared.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {upkeeps}
(
    segment    LowCardinality(String),
    source     LowCardinality(String),
    seq        UInt64,
    build      UInt64,
    rule       String,
    aside      UInt64,
    aside_rows UInt64,
    below      Bool,
    looked     DateTime('UTC'),
    whole      DateTime('UTC'),
    time       DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (segment, source, seq)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- What an upkeep looks at again, one partition a run, dropped at its end. Step 0: visitors of whom something changed;
-- 1: ids that they have or had; 2: visitors who have one of these.
-- shard by: cityHash64(visitor, uid)
CREATE TABLE IF NOT EXISTS {upkeep_work}
(
    run     String,
    step    UInt8,
    visitor UInt64,
    uid     String,
    time    DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY run
ORDER BY (step, visitor)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- Ids of links that an erasure deleted, so that the logs that hold them are looked at: whose they were is not told.
-- shard by: cityHash64(uid)
CREATE TABLE IF NOT EXISTS {unlinked_uids}
(
    source LowCardinality(String),
    uid    String,
    time   DateTime DEFAULT now()
)
ENGINE = {MergeTree}
ORDER BY (source, time)
TTL toDate(time) + toIntervalDay(least(8, {retention}))
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_unlinked_uids AS
SELECT * FROM unlinked_uids WHERE toDate(time) > today() - least(8, {retention});
