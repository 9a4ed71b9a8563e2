-- A build writes the members of millions in a few dozen parts, which is few enough to read; and all of them are dropped
-- with the build. To merge them into one was up to a quarter of what a build took, and slowed what was asked beside it.
-- Small parts, of segments that are built one by one, are merged as ever.
ALTER TABLE {members}
    MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 33554432;

ALTER TABLE {build_clauses}
    MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 33554432;
