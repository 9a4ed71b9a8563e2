/** How deep a rule may be nested as it is written: nobody reads a deeper one, and reading it recurses. */
export const MAX_DEPTH = 32;
/**
 * How deep it may be once the segments it refers to are in their places, each reference a level of its
 * own. ClickHouse bounds the depth of a statement (`max_ast_depth`): an expression 300 levels deep passed,
 * one of 600 did not.
 */
export const MAX_RESOLVED_DEPTH = 128;
/**
 * Segments of other merge rules than the segments that refer to them, one in the other: each is a statement
 * within the statement, and stands in it twice. Planning alone took 0.4 s for one, 1.0 s for two, 1.8 s for
 * three and 3.7 s for four.
 */
export const MAX_MERGED_DEPTH = 3;
/**
 * Segments that are like one that is like another…: each is trained on its seed, one after the other, before
 * anything of the rule can be answered.
 */
export const MAX_LIKE_DEPTH = 4;
/** Clauses of all the seeds of a rule, and of theirs, each as often as it is named. */
export const MAX_SEED_CLAUSES = 1024;
/**
 * Clauses of a rule, of a demographic each attribute; each distinct one is a pass over its part of the hits or of
 * what is known.
 */
export const MAX_CLAUSES = 256;
/** Steps of a sequence: of hits of one moment every set of steps is looked at, which are 2 to this many. */
export const MAX_STEPS = 10;
/**
 * As many clauses a sequence counts as, however few its steps, so that a rule has 16 at most: of 20 with ten steps
 * each, merged by device, ClickHouse refused the statement for its size (`max_ast_elements`).
 */
export const SEQUENCE_CLAUSES = 16;
/** Characters of a value in a Match; a title or path is no longer than a few hundred. */
export const MAX_VALUE_LENGTH = 512;
/** Values of one field of a Match. */
export const MAX_VALUES = 1000;
/** The ceiling of the retention: nothing older exists. */
export const MAX_WITHIN_DAYS = 90;

/**
 * What the HTTP port of ClickHouse takes, with room for settings that travel beside a statement. Its own
 * defaults, of which it refuses the excess: 1,000 fields (`http_max_fields`), 128 KiB a decoded field
 * (`http_max_field_value_size`), 1 MiB of encoded request line (`http_max_uri_size`), 256 KiB of SQL
 * (`max_query_size`).
 */
export const STATEMENT = {
  maxParams: 900,
  maxParamBytes: 120_000,
  maxEncodedParams: 900_000,
  maxSql: 240_000,
} as const;
