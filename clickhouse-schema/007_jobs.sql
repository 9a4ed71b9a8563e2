-- Who holds which lease. A slot is won by inserting it with its number as deduplication token:
-- of two inserts of one slot the second is dropped, so reading the slot back tells who holds it.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {leases}
(
    name    LowCardinality(String),
    slot    UInt64,
    holder  String,
    expires DateTime64(3, 'UTC'),
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (name, slot, time)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- The ledger of every job run: a row when it starts, a row when it ends; the newest counts.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {job_runs}
(
    run         String,
    job         LowCardinality(String),
    state       Enum8('running' = 1, 'done' = 2, 'failed' = 3),
    started     DateTime64(3, 'UTC'),
    ended       Nullable(DateTime64(3, 'UTC')),
    holder      String,
    rows_read   UInt64,
    bytes_read  UInt64,
    peak_memory UInt64,
    result      String,
    error       String
)
ENGINE = {MergeTree}
ORDER BY (job, started, run, state)
TTL toDate(started) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Up to when each collector has shipped what it acknowledged: who waits for "every hit acknowledged
-- before now" waits until every living collector's mark is past that moment. `secret` is a fingerprint of
-- the secret its cookies are made with, by which a collector with another one is found.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {journal_marks}
(
    collector String,
    shipped   DateTime64(3, 'UTC'),
    time      DateTime64(3, 'UTC'),
    stopped   Bool,
    secret    String
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY collector
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};
