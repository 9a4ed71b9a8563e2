-- Of whose people hits and syncs ended so: consent is a matter of the law of a country. Of what was counted before, and of
-- what is counted of no person, none.
ALTER TABLE {tallies}
    ADD COLUMN IF NOT EXISTS country LowCardinality(String),
    MODIFY ORDER BY (time, room, site, reason, country);

CREATE OR REPLACE VIEW kept_tallies AS
SELECT time, room, site, reason, country, sum(tallies.n) AS n
FROM tallies WHERE toDate(time) > today() - {retention} GROUP BY time, room, site, reason, country;
