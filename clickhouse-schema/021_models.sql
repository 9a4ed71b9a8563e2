-- What models know: of each of a run's models (`family` 1 is of demographics, 2 of look-alikes; `name` the attribute
-- or the seed) the features that were seen of enough labelled visitors, `support` of them, to tell nobody apart by
-- one. `token` is a hash of `feature`. Step 0: as they were found, numbered from 1; step 1: with the weights of the
-- trained model, one for each class (of two classes one, for the second), and as many again that are divided by the
-- length of a visitor's values. One partition a run of a family, dropped when a later run is done. Nobody's id.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {model_weights}
(
    family  UInt8,
    name    LowCardinality(String),
    build   UInt64,
    step    UInt8,
    token   UInt64,
    number  UInt32,
    feature String,
    support UInt32,
    weights Array(Float64),
    time    DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY (build, family)
ORDER BY (name, step, token)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Whom a model learns from, while it does: step 0 as the labels came, step 1 those who are drawn and may be learned
-- from, with the number of their class and the bucket by which they are held out. One partition a run of a family.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {model_labels}
(
    family  UInt8,
    build   UInt64,
    step    UInt8,
    visitor UInt64,
    label   UInt8,
    bucket  UInt8,
    time    DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY (build, family)
ORDER BY (step, visitor)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};
