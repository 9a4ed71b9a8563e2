-- A line of an upload of labels on its way. Step 0: as it came, `node` the hash of its id; step 1: a visitor that was
-- found for a line, who is `node`; step 2: a line whose id nobody has, `node` the hash of type and id; step 3: a
-- visitor of a line who allows no profile; step 4: a visitor of a line of whom another line of the upload says
-- something else. Each step lies in the order in which it is read, piece by piece, so that an upload of any size is
-- looked up at flat memory. A partition an upload, and one for what was found, dropped at its end; the TTL is for an
-- upload whose process died.
-- shard by: node
CREATE TABLE IF NOT EXISTS {label_lines}
(
    upload    String,
    step      UInt8,
    line      UInt64,
    source    LowCardinality(String),
    uid       String,
    attribute LowCardinality(String),
    value     LowCardinality(String),
    node      UInt64 DEFAULT cityHash64(uid),
    time      DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY upload
ORDER BY (step, node)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- What providers declare of visitors: of a visitor and an attribute each provider's newest word, which is empty where
-- it takes back what it said. `source` is the provider, `time` when it was told. An upload is no sight of anybody: a
-- label is kept from when its visitor was last seen, `last`, however often it is told again.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {labels}
(
    attribute LowCardinality(String),
    visitor   UInt64,
    source    LowCardinality(String),
    value     LowCardinality(String),
    time      DateTime64(3, 'UTC'),
    last      DateTime64(3, 'UTC'),
    upload    String
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY (attribute, visitor, source)
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Whose newest word allows no profile: a no, or a yes without purpose 3 (bit 2). Few of all, so they are looked for first.
CREATE VIEW IF NOT EXISTS unprofiled_visitors AS
SELECT visitor, max(consents.time) AS time FROM consents
WHERE toDate(consents.time) > today() - {retention}
  AND visitor IN (SELECT visitor FROM consents WHERE withdrawn = 1 OR bitAnd(purposes, 4) = 0)
GROUP BY visitor
HAVING argMax(consents.withdrawn = 1 OR bitAnd(consents.purposes, 4) = 0, (consents.time, consents.withdrawn));

-- The one label of a visitor and an attribute that holds: where providers disagree, what was told last. Each provider
-- is asked first for its own newest word, so that what it took back uncovers what another says.
CREATE VIEW IF NOT EXISTS kept_labels AS
SELECT attribute,
       argMax(said.value, (said.time, said.source)) AS value,
       visitor,
       max(said.time) AS time,
       argMax(said.source, (said.time, said.source)) AS source,
       argMax(said.last, (said.time, said.source)) AS last
FROM (
    SELECT attribute,
           visitor,
           source,
           argMax(labels.value, (labels.time, labels.upload)) AS value,
           argMax(labels.last, (labels.time, labels.upload)) AS last,
           max(labels.time) AS time
    FROM labels
    WHERE toDate(labels.last) > today() - {retention}
      AND labels.visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
      AND labels.visitor GLOBAL NOT IN (SELECT visitor FROM unprofiled_visitors)
    GROUP BY attribute, visitor, source) AS said
WHERE said.value != ''
GROUP BY attribute, visitor;

-- The receipt of each upload of labels, as those of traits: line numbers and reasons, nobody's id.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {label_uploads}
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
