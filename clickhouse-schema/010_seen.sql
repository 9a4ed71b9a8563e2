-- What more is seen of a hit. `source` is the kind of place the visitor came from (direct, internal, search,
-- social, email, campaign, referral); `campaign` the one that showed the ad or led here, `creative` the ad;
-- `props` what a page says beside, by name.
ALTER TABLE {hits}
    ADD COLUMN IF NOT EXISTS source   LowCardinality(String),
    ADD COLUMN IF NOT EXISTS campaign LowCardinality(String),
    ADD COLUMN IF NOT EXISTS creative LowCardinality(String),
    ADD COLUMN IF NOT EXISTS props    Map(LowCardinality(String), String);

-- The columns of a view are those its table had when the view was made.
CREATE OR REPLACE VIEW kept_hits AS
SELECT *, toHour(addMinutes(time, tz)) AS hour, toDayOfWeek(addMinutes(time, tz)) AS weekday FROM hits WHERE toDate(time) > today() - {retention};
