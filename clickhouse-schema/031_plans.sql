-- How far the plan of a run has looked, so that the next one looks at what has changed since: the row of the newest run
-- counts that is in delivery_runs. `looked` is when the plan began to look, `whole` when all was last compared, `builds`
-- those of each segment's members, `held` the segments of which no adds left, `aside` the build of the ids that are not
-- believed, with how many rows it had. `rule` stands for all else by which rows leave: where it is another one, all is
-- compared.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {plan_looks}
(
    destination LowCardinality(String),
    run         UInt64,
    rule        String,
    builds      Map(String, UInt64),
    held        Array(String),
    aside       UInt64,
    aside_rows  UInt64,
    looked      DateTime('UTC'),
    whole       DateTime('UTC'),
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, run)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};
