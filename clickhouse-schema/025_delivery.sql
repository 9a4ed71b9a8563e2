-- What a destination was told: the log of its set, as `exports` is of a pull. `code` is what the destination calls the
-- segment, so that a segment that was taken away or renamed there is removed under the name it was told by. `seq` is
-- the run; rows count once the run is in delivery_runs, because a plan that was cut off has told nobody. Of an id the
-- newest by (seq, op) counts. `unsure`: the destination may have it or not (its line never arrived, or the row would
-- not live until the next run), so the next run says what it is; `refused`: it was told and did not take it.
-- `said` is what the run says of it (add, refresh, remove; empty = nothing, the row only lives on), of what was
-- refused the reason; `told` when the destination was last told that it is in. An add is kept as long as the
-- observation behind it; what a removal needs, which must outlive the link, at most thirty days since it was told
-- first. Rows that would outlive the one by which they are overtaken are deleted daily.
-- shard by: cityHash64(uid)
CREATE TABLE IF NOT EXISTS {sent_sets}
(
    destination LowCardinality(String),
    code        LowCardinality(String),
    source      LowCardinality(String),
    uid         String,
    seq         UInt64,
    op          Enum8('add' = 1, 'remove' = 2, 'unsure' = 3, 'refused' = 4),
    said        LowCardinality(String),
    told        Date,
    observed    Date
)
ENGINE = {MergeTree}
ORDER BY (destination, code, source, uid, seq)
TTL observed + toIntervalDay(if(op = 'add', {retention}, least(30, {retention})))
SETTINGS {deduplicated};

-- The lines of a run, written once before any of them is sent, so that every try sends the same: an id and the codes
-- that it came into, left and, for destinations that are told all, is in. `observed` is the oldest observation behind
-- an add. A partition a run, dropped when all of it is told; what must be replayed stays thirty days.
-- shard by: cityHash64(uid)
CREATE TABLE IF NOT EXISTS {delivery_lines}
(
    destination LowCardinality(String),
    run         UInt64,
    chunk       UInt32,
    number      UInt32,
    source      LowCardinality(String),
    uid         String,
    add         Array(LowCardinality(String)),
    remove      Array(LowCardinality(String)),
    all         Array(LowCardinality(String)),
    -- Whose data is to be deleted where the destination takes such requests: was erased, and is in nothing any more.
    erased      Bool,
    observed    Date,
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY (destination, run)
ORDER BY (chunk, number)
TTL toDate(time) + toIntervalDay(least(30, {retention}))
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_delivery_lines AS
SELECT * FROM delivery_lines WHERE toDate(time) > today() - least(30, {retention});

-- What is left out of a chunk that was planned already, because it may not leave any more or a later run has told
-- otherwise. `version` is the chunk's from which on it is left out. Its place, nobody's id.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {delivery_withheld}
(
    destination LowCardinality(String),
    run         UInt64,
    chunk       UInt32,
    version     UInt32,
    number      UInt32,
    code        LowCardinality(String),
    reason      LowCardinality(String),
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, run, chunk, number, code, version)
TTL toDate(time) + toIntervalDay(least(30, {retention}))
SETTINGS {deduplicated};

-- Every run of a destination; of a run the row with the greatest `step` counts. The first makes the run's plan count.
-- `segments` is JSON: what each code stood for, and is the same in all rows of a run. A run is kept longer than what it
-- told: on an id's last day `sent_sets` gets a row under the run that told it, which counts for thirty days more.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {delivery_runs}
(
    destination LowCardinality(String),
    run         UInt64,
    step        UInt64,
    state       Enum8('planned' = 1, 'sending' = 2, 'done' = 3, 'failed' = 4, 'cancelled' = 5),
    cause       LowCardinality(String),
    mode        Enum8('full' = 1, 'delta' = 2),
    planned     DateTime64(3, 'UTC'),
    segments    String,
    chunks      UInt32,
    lines       UInt64,
    adds        UInt64,
    removes     UInt64,
    refreshes   UInt64,
    reason      LowCardinality(String),
    detail      String,
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, run, step)
TTL toDate(time) + toIntervalDay({retention} + 31)
SETTINGS {deduplicated};

-- Behind the runs, by which it tells what counts.
CREATE VIEW IF NOT EXISTS kept_sent_sets AS
SELECT * FROM sent_sets
WHERE observed > today() - if(op = 'add', {retention}, least(30, {retention}))
  AND (destination, seq) GLOBAL IN (SELECT destination, run FROM delivery_runs);

-- What became of each chunk; the row with the greatest `step` counts. `code` is the one segment that it is of, where
-- the destination is told segment by segment. `attempt` counts tries, `remembered` is what the last one wrote down,
-- `next` when to try again. `counted` are lines that were not taken and of which nobody said which.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {delivery_chunks}
(
    destination LowCardinality(String),
    run         UInt64,
    chunk       UInt32,
    step        UInt64,
    version     UInt32,
    key         String,
    code        LowCardinality(String),
    state       Enum8('planned' = 1, 'sending' = 2, 'waiting' = 3, 'acknowledged' = 4, 'dead' = 5, 'superseded' = 6),
    count       UInt64,
    attempt     UInt32,
    reason      LowCardinality(String),
    detail      String,
    remembered  String,
    accepted    UInt64,
    failed      UInt64,
    counted     Map(LowCardinality(String), UInt64),
    next        DateTime64(3, 'UTC'),
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, run, chunk, step)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Lines that a destination did not take, by their place: what they hold is in delivery_lines. `retry` tells whether
-- the same may be taken later; `chunk_to` is the chunk that they were put into to be tried again, `run_to` the run
-- into which they were replayed, 0 = none.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {delivery_failures}
(
    destination LowCardinality(String),
    run         UInt64,
    chunk       UInt32,
    number      UInt32,
    attempt     UInt32,
    reason      LowCardinality(String),
    detail      String,
    retry       Bool,
    chunk_to    UInt32,
    run_to      UInt64,
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, run, chunk, number, attempt)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- The numbers of the waterfall, nobody's id: of a destination's segment and a run, how many came to a stage (`reason`
-- empty) and how many were lost before it, for which reason. Rows count once their run is in delivery_runs; of a run
-- and a stage those of the newest `time` do.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {delivery_losses}
(
    destination LowCardinality(String),
    segment     LowCardinality(String),
    run         UInt64,
    day         Date,
    stage       LowCardinality(String),
    reason      LowCardinality(String),
    n           UInt64,
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, segment, run, stage, reason, time)
TTL day + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Where a visitor was seen, and when last: what may not be sold in a region is held back by it.
CREATE VIEW IF NOT EXISTS kept_places AS
SELECT visitor, country, region, max(kept_hits.time) AS last FROM kept_hits
WHERE toDate(kept_hits.time) > today() - {retention}
GROUP BY visitor, country, region;
