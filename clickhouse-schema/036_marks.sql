-- A collector is heard of for a day where it may be that nobody could hear it: a day that is counted from its mark, and
-- not from the midnight before it.
ALTER TABLE {journal_marks} MODIFY TTL toDate(time) + toIntervalDay(2);
