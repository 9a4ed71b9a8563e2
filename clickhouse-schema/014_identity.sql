-- By what else a hit's visitor is known: `first_party` is the visitor that the site's first-party id alone would
-- be (0 = none, or the visitor itself), `household` the keyed hash of the address (0 = none).
ALTER TABLE {hits}
    ADD COLUMN IF NOT EXISTS first_party UInt64,
    ADD COLUMN IF NOT EXISTS household   UInt64;

-- `consent` is that of the link's latest observation: (time, purposes, partners), of which the greatest counts. It is
-- the record of what the link was kept under, for whoever must show it, and empty where an upload alone has told of
-- the link. Nothing is decided by it: a visitor's newest word is never older than the consent of a link, and what may
-- leave, or join visitors, is asked of that word (kept_consents), and of a device's own.
-- `told` is when an upload last named the link, whose visitor was not seen by that: it says which of a visitor's uids
-- with a partner is the newest, and never how long one is kept.
ALTER TABLE {links}
    ADD COLUMN IF NOT EXISTS consent SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), UInt16, Array(String))),
    ADD COLUMN IF NOT EXISTS told    SimpleAggregateFunction(max, DateTime64(3, 'UTC'));

-- The columns of a view are those its table had when the view was made.
CREATE OR REPLACE VIEW kept_hits AS
SELECT *, toHour(addMinutes(time, tz)) AS hour, toDayOfWeek(addMinutes(time, tz)) AS weekday FROM hits
WHERE toDate(time) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- Beside the device id: source `first_party`, whose uid is the 11 characters of `own`, and source `household`,
-- whose uid is the hash as a decimal number. One view, because each costs every insert of hits a pass.
ALTER TABLE links_from_hits MODIFY QUERY
SELECT link.1 AS source, visitor, link.2 AS uid, max(link.3) AS own,
       min(time) AS first, max(time) AS last, max((time, purposes, CAST(partners, 'Array(String)'))) AS consent
FROM {hits}
ARRAY JOIN arrayFilter(link -> link.2 != '', [
    (toString(device_type), device_id, device_visitor),
    ('first_party', if(first_party = 0, '', base64URLEncode(unhex(leftPad(hex(first_party), 16, '0')))), first_party),
    ('household', if(household = 0, '', toString(household)), toUInt64(0))
]) AS link
WHERE device_id != '' OR first_party != 0 OR household != 0
GROUP BY source, visitor, uid;

ALTER TABLE links_from_matches MODIFY QUERY
SELECT partner AS source, visitor, uid, min(time) AS first, max(time) AS last,
       max((time, purposes, CAST(partners, 'Array(String)'))) AS consent
FROM {matches} GROUP BY source, visitor, uid;

-- What the job `identity` made visible: of each kind the newest row's build is what readers see. `build` is the
-- number of the lease it was made under, so a run that lost its lease cannot win. `summary` is counts, nobody's id.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {identity_builds}
(
    kind    LowCardinality(String),
    build   UInt64,
    as_of   DateTime64(3, 'UTC'),
    took_ms UInt32,
    summary String,
    time    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (kind, build)
TTL toDate(time) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- Links that are not believed, and why. A row sets aside one link, or where `visitor` is 0 every link to a uid,
-- or where `uid` is empty every link of a visitor to a source: a uid that millions claim is one row. `n` is the
-- count that was too many; `last` the newest observation behind it. One partition a build.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {set_aside}
(
    build   UInt64,
    source  LowCardinality(String),
    visitor UInt64,
    uid     String,
    reason  LowCardinality(String),
    n       UInt64,
    last    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (source, visitor, uid)
TTL toDate(last) + toIntervalDay({retention})
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_set_aside AS
SELECT * FROM set_aside
WHERE build = (SELECT max(identity_builds.build) FROM identity_builds WHERE kind = 'set_aside')
  AND toDate(last) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- Every link that was seen, believed or not; `told` is when it was last seen or told of.
CREATE VIEW IF NOT EXISTS seen_links AS
SELECT source, visitor, uid, max(links.own) AS own, min(links.first) AS first, max(links.last) AS last,
       max(greatest(links.last, links.told)) AS told,
       max(links.consent).2 AS purposes, max(links.consent).3 AS partners
FROM links
WHERE toDate(links.last) > today() - {retention}
  AND links.visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
  AND links.own GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
GROUP BY source, visitor, uid;

-- The links that are believed.
CREATE OR REPLACE VIEW kept_links AS
SELECT source, visitor, uid, max(links.own) AS own, min(links.first) AS first, max(links.last) AS last,
       max(links.consent).2 AS purposes, max(links.consent).3 AS partners
FROM links
WHERE toDate(links.last) > today() - {retention}
  AND links.visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
  AND links.own GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
  AND (links.source, links.uid) GLOBAL NOT IN (SELECT source, uid FROM kept_set_aside WHERE visitor = 0)
  AND (links.source, links.visitor) GLOBAL NOT IN (SELECT source, visitor FROM kept_set_aside WHERE uid = '')
  AND (links.source, links.visitor, links.uid) GLOBAL NOT IN (
      SELECT source, visitor, uid FROM kept_set_aside WHERE visitor != 0 AND uid != '')
GROUP BY source, visitor, uid;

-- The one uid that a visitor has with a partner: that last seen or told of, of the same millisecond the deletion.
-- Where that one is set aside there is none: the one before was replaced, and may be somebody else's by now.
CREATE VIEW IF NOT EXISTS kept_matches AS
SELECT source, visitor, argMax(links.uid, (greatest(links.last, links.told), links.uid = '')) AS uid,
       max(links.last) AS last
FROM links
WHERE toDate(links.last) > today() - {retention}
  AND links.visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)
GROUP BY source, visitor
HAVING uid != ''
   AND (source, uid) GLOBAL NOT IN (SELECT source, uid FROM kept_set_aside WHERE visitor = 0)
   AND (source, visitor) GLOBAL NOT IN (SELECT source, visitor FROM kept_set_aside WHERE uid = '');

-- Each link that is set aside, one row each, with its reason.
CREATE VIEW IF NOT EXISTS set_aside_links AS
SELECT source, visitor, uid, multiIf(
    (source, uid) GLOBAL IN (SELECT source, uid FROM kept_set_aside WHERE visitor = 0),
        if(source = 'household', 'shared_address', 'shared_uid'),
    (source, visitor) GLOBAL IN (SELECT source, visitor FROM kept_set_aside WHERE uid = ''), 'too_many_uids',
    (source, visitor, uid) GLOBAL IN (
        SELECT source, visitor, uid FROM kept_set_aside WHERE visitor != 0 AND uid != ''), 'over_limit',
    '') AS reason
FROM seen_links
WHERE toDate(last) > today() - {retention} AND reason != '';

-- Who was seen under which address, with a consent that was given and not taken back since. An address of more than
-- twenty visitors (visitorsAHousehold in src/identity/limits.ts) is no home, and is not waited with until the job
-- sets it aside. (OrZero, because a filter by household may be asked of the uids of other sources first.)
CREATE VIEW IF NOT EXISTS kept_households AS
SELECT visitor, toUInt64OrZero(uid) AS household, first, last FROM kept_links
WHERE source = 'household' AND toDate(last) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM withdrawn_visitors)
  AND uid GLOBAL NOT IN (SELECT uid FROM kept_links WHERE source = 'household' GROUP BY uid HAVING count() > 20);
