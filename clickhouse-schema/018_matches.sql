-- A line of an upload of matches on its way. Step 0: its id is of a device or a neighbour, and `node` the hash of
-- it; step 1: its id is a visitor's, which is `node`; step 2: a visitor that was found for a line of step 0; step 3:
-- such a line whose id nobody has; step 4: one whose visitors allow nothing. Each step lies in the order in which it
-- is read, piece by piece, so that an upload of any size is looked up at flat memory. A partition an upload, and
-- one for what was found, dropped at its end; the TTL is for an upload whose process died.
-- shard by: node
CREATE TABLE IF NOT EXISTS {match_lines}
(
    upload  String,
    step    UInt8,
    line    UInt64,
    source  LowCardinality(String),
    uid     String,
    partner LowCardinality(String),
    matched String,
    node    UInt64 DEFAULT if(step != 1, cityHash64(uid), reinterpretAsUInt64(reverse(tryBase64URLDecode(uid)))),
    time    DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY upload
ORDER BY (step, node)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- The links that an upload will make, out of sight: when all are there they are attached to `links` at once. So
-- it must be as `links` is, column by column, in its order and without partitions. One upload at a time.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {uploaded_links}
(
    source  LowCardinality(String),
    visitor UInt64,
    uid     String,
    own     SimpleAggregateFunction(max, UInt64),
    first   SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last    SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    consent SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), UInt16, Array(String))),
    told    SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = {AggregatingMergeTree}
ORDER BY (source, visitor, uid)
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Who was seen, and when last: what a link that was uploaded is kept from, because an upload is no sight of anybody.
-- Less than kept_consents knows, whose newest words cost an upload of millions more than all the rest.
CREATE VIEW IF NOT EXISTS known_visitors AS
SELECT visitor, max(consents.time) AS seen FROM consents
WHERE toDate(consents.time) > today() - {retention}
GROUP BY visitor;

-- The receipt of each upload of matches, as those of traits: line numbers and reasons, nobody's id.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {match_uploads}
(
    id      String,
    started DateTime64(3, 'UTC'),
    time    DateTime64(3, 'UTC'),
    receipt String
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY id
TTL toDate(started) + toIntervalDay({retention})
SETTINGS {deduplicated};
