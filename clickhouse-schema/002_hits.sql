-- One row a stored hit. Ordered by visitor, because explaining, erasing and sequences ask for one
-- visitor's hits in order; rules by category or keyword go to `features`.
-- `hit` is what a repeat is known by: two rows with the same one are one hit, wherever hits are counted.
-- `device_visitor` is the visitor that the device id alone would be: whose refusal speaks for the device.
-- `file` is the journal file that brought the row: what a replay beyond the deduplication window looks for.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {hits}
(
    time        DateTime64(3, 'UTC'),
    visitor     UInt64,
    hit         UInt64,
    site        LowCardinality(String),
    event       LowCardinality(String),
    origin      LowCardinality(String),
    url         String,
    path        String,
    title       String,
    referrer    String,
    referrer_host LowCardinality(String),
    categories  Array(LowCardinality(String)),
    keywords    Array(String),
    dwell_ms    UInt32,
    scroll      UInt8,
    country     LowCardinality(String),
    region      LowCardinality(String),
    language    LowCardinality(String),
    device      LowCardinality(String),
    os          LowCardinality(String),
    browser     LowCardinality(String),
    tz          Int16,
    network     String,
    device_type LowCardinality(String),
    device_id   String,
    device_visitor UInt64,
    purposes    UInt16,
    partners    Array(LowCardinality(String)),
    file        LowCardinality(String)
)
ENGINE = {MergeTree}
PARTITION BY toDate(time)
ORDER BY (visitor, time, hit)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS ttl_only_drop_parts = 1, {deduplicated};

CREATE VIEW IF NOT EXISTS kept_hits AS
SELECT *, toHour(addMinutes(time, tz)) AS hour, toDayOfWeek(addMinutes(time, tz)) AS weekday FROM hits WHERE toDate(time) > today() - {retention};
