-- What a model reads of those it learns from, while it does: their hits that tell features, with the columns that do.
-- Of a few visitors they lie in nearly every granule of all hits, so they are looked for once, and here twice. `time` is
-- the hit's, `written` the row's. One partition a run of a family, as of model_labels.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {model_hits}
(
    family     UInt8,
    build      UInt64,
    visitor    UInt64,
    time       DateTime64(3, 'UTC'),
    hit        UInt64,
    site       LowCardinality(String),
    path       String,
    categories Array(LowCardinality(String)),
    keywords   Array(String),
    hour       UInt8,
    weekday    UInt8,
    device     LowCardinality(String),
    os         LowCardinality(String),
    browser    LowCardinality(String),
    country    LowCardinality(String),
    language   LowCardinality(String),
    written    DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY (build, family)
ORDER BY visitor
TTL toDate(written) + toIntervalDay(1)
SETTINGS {deduplicated};
