-- Whether the person of an id that lost its links had opted out, or had it deleted alone: destinations that know both
-- are asked for the one or the other.
ALTER TABLE {unlinked_uids}
    ADD COLUMN IF NOT EXISTS opted_out Bool;

CREATE OR REPLACE VIEW kept_unlinked_uids AS
SELECT * FROM unlinked_uids WHERE toDate(time) > today() - least(8, {retention});

-- What people asked of a destination that can be asked for it: that all it has of an id is deleted, or that it sends
-- the id nothing any more. With the run's line of the id, which has `erased` then. `untaken` is written when the run
-- ends, of what the destination did not take; a run's row without it counts once the run does.
-- shard by: cityHash64(uid)
CREATE TABLE IF NOT EXISTS {subject_requests}
(
    destination LowCardinality(String),
    run         UInt64,
    source      LowCardinality(String),
    uid         String,
    kind        Enum8('deletion' = 1, 'opt_out' = 2),
    untaken     Bool,
    time        DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (destination, run, source, uid, kind)
TTL toDate(time) + toIntervalDay(least(30, {retention}))
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_subject_requests AS
SELECT destination, run, source, uid, kind FROM subject_requests
WHERE toDate(time) > today() - least(30, {retention})
  AND (destination, run) GLOBAL IN (SELECT destination, run FROM delivery_runs)
GROUP BY destination, run, source, uid, kind
HAVING NOT max(untaken);
