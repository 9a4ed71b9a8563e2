-- The latest consent state of each visitor: what the newest observation allowed. `purposes` is a bit mask
-- (bit p - 1 = TCF purpose p); `partners` are the registered partners this visitor's data may go to;
-- `withdrawn` is a refusal that came with a known id. `origin` tells who saw it (an imported log's
-- visitors are for reckoning only). Rows come from hits and links by materialised view and from
-- withdrawals by the journal; readers take the newest by (time, withdrawn).
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {consents}
(
    visitor   UInt64,
    time      DateTime64(3, 'UTC'),
    withdrawn UInt8,
    purposes  UInt16,
    partners  Array(LowCardinality(String)),
    origin    LowCardinality(String)
)
ENGINE = {ReplacingMergeTree(time)}
ORDER BY (visitor, withdrawn)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE MATERIALIZED VIEW IF NOT EXISTS consents_from_hits TO {consents} AS
SELECT visitor, max(hits.time) AS time, 0 AS withdrawn,
       argMax(hits.purposes, hits.time) AS purposes, argMax(hits.partners, hits.time) AS partners,
       argMax(hits.origin, hits.time) AS origin
FROM {hits} AS hits GROUP BY visitor;

CREATE VIEW IF NOT EXISTS kept_consents AS
SELECT visitor,
       max((consents.time, consents.withdrawn)).1 AS time,
       argMax(consents.withdrawn, (consents.time, consents.withdrawn)) AS withdrawn,
       argMax(consents.purposes, (consents.time, consents.withdrawn)) AS purposes,
       argMax(consents.partners, (consents.time, consents.withdrawn)) AS partners,
       argMax(consents.origin, (consents.time, consents.withdrawn)) AS origin
FROM consents WHERE toDate(consents.time) > today() - {retention}
GROUP BY visitor;

-- Whose newest word is a no: they are in no segment. Few of all visitors, so they are looked for first.
CREATE VIEW IF NOT EXISTS withdrawn_visitors AS
SELECT visitor, max(consents.time) AS time FROM consents
WHERE toDate(consents.time) > today() - {retention}
  AND visitor IN (SELECT visitor FROM consents WHERE withdrawn = 1)
GROUP BY visitor
HAVING argMax(consents.withdrawn, (consents.time, consents.withdrawn)) = 1;
