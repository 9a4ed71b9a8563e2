-- What is wrong and was told of: an alert opens, and clears, or ends because its subject is gone. Of a (kind, subject)
-- the row with the greatest `step` counts, which is the lease under which it was written. `since` and `episode` (the
-- step of its first row) stay the same until it clears; an open one is written again twice a day, so that the retention
-- does not close it: for that a row is kept two days at least.
-- `value` is what was measured, `low` to `high` what it usually is. Subjects are what operators made; nobody's id.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {alerts}
(
    kind    LowCardinality(String),
    subject String,
    step    UInt64,
    episode UInt64,
    state   Enum8('open' = 1, 'cleared' = 2, 'ended' = 3),
    since   DateTime64(3, 'UTC'),
    detail  String,
    value   Nullable(Float64),
    low     Nullable(Float64),
    median  Nullable(Float64),
    high    Nullable(Float64),
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (kind, subject, step)
TTL toDate(time) + toIntervalDay(greatest({retention}, 2))
SETTINGS {deduplicated};

-- Which webhook has taken which notice; `webhook` is a keyed hash of its URL, which may hold a secret. Kept longer than
-- a notice is tried.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {alert_notices}
(
    notice  String,
    webhook String,
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (time, notice, webhook)
TTL toDate(time) + toIntervalDay(greatest({retention}, 2))
SETTINGS {deduplicated};

-- Since when a webhook is told: of what opened and cleared before that it hears nothing.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {alert_webhooks}
(
    webhook String,
    since   DateTime64(3, 'UTC'),
    time    DateTime64(3, 'UTC')
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY webhook
TTL toDate(time) + toIntervalDay(greatest({retention}, 2))
SETTINGS {deduplicated};

-- When alerts were last looked for: a watch that has stopped is to be seen.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {alert_checks}
(
    machine String,
    time    DateTime64(3, 'UTC')
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY machine
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- How the disk of a server's data folder stands and the journal on it, as the server itself says. `time` is of
-- ClickHouse's clock: whoever has not been heard of for long is gone. A quota of 0 = it takes no hits.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {disk_reports}
(
    server        String,
    free          UInt64,
    total         UInt64,
    journal_bytes UInt64,
    journal_quota UInt64,
    time          DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY server
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- What share of those seen lately a partner could be reached with, as it was at a moment: matches are replaced, so what
-- it was cannot be counted again. `split` is all, browser or country. Counts, nobody's id. `days` 0 = it was looked at,
-- and only the partner knows.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {match_rates}
(
    partner           LowCardinality(String),
    days              UInt16,
    split             LowCardinality(String),
    value             LowCardinality(String),
    visitor_count     UInt64,
    consented         UInt64,
    matched           UInt64,
    matched_consented UInt64,
    fresh             UInt64,
    time              DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (partner, days, time, split, value)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};
