-- By which merge rule a visitor is a member: `own` (meets the rule alone), `device` or `household`.
ALTER TABLE {members}
    ADD COLUMN IF NOT EXISTS via LowCardinality(String) DEFAULT 'own';

-- The columns of a view are those its table had when the view was made.
CREATE OR REPLACE VIEW kept_members AS
SELECT * FROM members
WHERE toDate(seen) > today() - {retention}
  AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors);

-- Of `size` how many are members by which `via`; none named = all of them `own`.
ALTER TABLE {builds}
    ADD COLUMN IF NOT EXISTS size_by_via Map(LowCardinality(String), UInt64);
