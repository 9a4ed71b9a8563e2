-- Every word that is kept of a visitor. The one of the greatest `place` is the newest, by (time, withdrawn) as in
-- kept_consents. A place leaves its three lowest bits free, for what a reader makes of the word: the greatest sum of
-- both then tells of the newest word what was made of it. Of millions of visitors that is found in a small
-- part of the time that kept_consents needs, which carries their lists of partners along.
CREATE VIEW IF NOT EXISTS consent_words AS
SELECT visitor, withdrawn, purposes, partners, origin,
       bitShiftLeft(toUInt64(toUnixTimestamp64Milli(consents.time)), 4) + bitShiftLeft(toUInt64(withdrawn), 3) AS place
FROM consents WHERE toDate(consents.time) > today() - {retention};

-- As long as a removal: a destination that is told of nothing for weeks must still be asked for what the people of
-- these ids wanted, and then no link of theirs is there any more.
ALTER TABLE {unlinked_uids} MODIFY TTL toDate(time) + toIntervalDay(least(30, {retention}));

CREATE OR REPLACE VIEW kept_unlinked_uids AS
SELECT * FROM unlinked_uids WHERE toDate(time) > today() - least(30, {retention});
