-- What a run of look-alikes writes on its way, dropped at its end. Step 0: the members of the seed; 1: of these
-- who may be profiled; 2: others, drawn by lot, whom they are told from; 3: everybody who may be profiled, with the
-- logarithm of the odds that he is a member: no finer than the sums behind it, whose last digits differ with the
-- order in which they were added. `last` is the newest hit.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {lookalike_work}
(
    build   UInt64,
    step    UInt8,
    visitor UInt64,
    member  Bool,
    odds    Float32,
    last    DateTime64(3, 'UTC'),
    time    DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY (build, step)
ORDER BY visitor
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};
