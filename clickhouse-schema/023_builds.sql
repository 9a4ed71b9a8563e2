-- What the job `segments` looks up while it builds many at once, `piece` by piece: which values of a hit which question
-- asks for. A row is one combination of values. Of columns with few values it is one number, `code`; the texts of those
-- with many stand here as they are, and the columns that a shape does not look at are empty. Nothing in it is of
-- anybody: texts of pages, of which a wildcard met some. One partition a build, dropped at its end.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {build_questions}
(
    build    UInt64,
    piece    UInt32,
    shape    UInt32,
    question UInt32,
    since    DateTime64(3, 'UTC'),
    code     UInt64,
    value    String,
    path     String,
    title    String,
    referrer String,
    referrer_host String,
    time     DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (piece, shape, question)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- How many hits a question takes for a clause to be met by it: from `least` to `most`, both included.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {build_thresholds}
(
    build    UInt64,
    piece    UInt32,
    shape    UInt32,
    question UInt32,
    clause   UInt32,
    least    UInt64,
    most     UInt64,
    time     DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (piece, shape, question)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- Who meets the clauses that are asked by themselves: `latest` as it counts for when the visitor was seen. In the order
-- of visitors, who are then looked at slice by slice. One partition a build, dropped at its end.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {build_clauses}
(
    build   UInt64,
    piece   UInt32,
    visitor UInt64,
    clause  UInt32,
    latest  DateTime64(3, 'UTC'),
    time    DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (piece, visitor, clause)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

CREATE VIEW IF NOT EXISTS kept_build_clauses AS
SELECT * FROM build_clauses
WHERE toDate(time) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- How segments follow from clauses: a row for each clause that can let somebody into a segment, its driver. `clauses`
-- are all that decide it; `others` all its drivers, where there is more than one. Its truth table has a bit for each
-- combination of the clauses met: bit m of `word`, or bit m % 64 of `words` m / 64 where there are more, where bit j of
-- m is clause j. Where both are empty there are too many for a table, and the statement itself says what holds.
-- shard by: 0
CREATE TABLE IF NOT EXISTS {build_drivers}
(
    build    UInt64,
    piece    UInt32,
    clause   UInt32,
    number   UInt32,
    segment  LowCardinality(String),
    clauses  Array(UInt32),
    others   Array(UInt32),
    word     UInt64,
    words    Array(UInt64),
    time     DateTime DEFAULT now()
)
ENGINE = {MergeTree}
PARTITION BY build
ORDER BY (piece, clause)
TTL toDate(time) + toIntervalDay(1)
SETTINGS {deduplicated};

-- Who came into a segment with a build (`added`) and who left it (not), against the build before; of a segment's first
-- build nobody is written here, all of it are new. `seen` is the visitor's newest hit that the build saw, of who left the one that
-- the build before saw.
-- shard by: visitor
CREATE TABLE IF NOT EXISTS {member_changes}
(
    build   UInt64,
    segment LowCardinality(String),
    visitor UInt64,
    added   Bool,
    seen    DateTime64(3, 'UTC')
)
ENGINE = {MergeTree}
ORDER BY (segment, build, visitor)
TTL toDate(seen) + toIntervalDay({retention})
SETTINGS {deduplicated};

-- What a run wrote that ended before it published its build is not shown.
CREATE VIEW IF NOT EXISTS kept_member_changes AS
SELECT * FROM member_changes
WHERE toDate(seen) > today() - {retention}
  AND build GLOBAL IN (SELECT build FROM builds WHERE state = 'built')
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- Against the build before; of a build that is older than this, nothing is known.
ALTER TABLE {builds}
    ADD COLUMN IF NOT EXISTS added   Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS removed Nullable(UInt64);

-- `beat` is when the run last said that it goes on, `died` that nobody heard of it any more, `part` that it was of a
-- part of the job, and `retries` how many runs of the same died before it.
ALTER TABLE {job_runs}
    ADD COLUMN IF NOT EXISTS beat    DateTime64(3, 'UTC') DEFAULT started,
    ADD COLUMN IF NOT EXISTS died    Bool,
    ADD COLUMN IF NOT EXISTS part    Bool,
    ADD COLUMN IF NOT EXISTS retries UInt8;
