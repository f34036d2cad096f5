-- What is seen in the trees of statements; rules about queries stand on it.

-- No SET search_path: the statement means what the caller's path says.
CREATE OR REPLACE FUNCTION dbadvisor.statement_features(query text)
RETURNS jsonb
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dbadvisor_statement_features';
COMMENT ON FUNCTION dbadvisor.statement_features(text) IS
'What is seen in the analysed tree of a statement, as dbadvisor.workload_features() shows it of those recorded';

CREATE OR REPLACE FUNCTION dbadvisor.workload_features(
	queryids bigint[] DEFAULT NULL,
	min_share double precision DEFAULT 0,
	OUT queryid bigint,
	OUT userid oid,
	OUT query text,
	OUT state text,
	OUT calls double precision,
	OUT total_ms double precision,
	OUT rows double precision,
	OUT since timestamptz,
	OUT ms_per_day double precision,
	OUT window_days double precision,
	OUT counters jsonb,
	OUT relations oid[],
	OUT features jsonb,
	OUT time_share double precision)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_workload_features';
COMMENT ON FUNCTION dbadvisor.workload_features(bigint[], double precision) IS
'Statements of the workload that have one of these numbers (null: all) and took at least this share of the time of all, or were given by hand, with what is seen in their trees before rewriting. Of the outermost query, "features" tells: command; target (OID of the table that it writes); tables (items in FROM); insert_rows (rows of VALUES, 0 where a query gives them); has_where; select_star; count_only (returns one count and no more); count_compared; distinct; grouped; aggregated; union_distinct; for_update; skip_locked; on_conflict; returning; ordered; order_by_random; limit and offset (constant, parameter or expression; absent without one); offset_at_least (a power of ten, of values that are known to be used); changed_columns; self_assignments. Of all queries in it: parameters; most_tables (items in one FROM); outer_joins; cross_joins (items that no clause ties to the others); subqueries; ctes; recursive; limit_in_locking; not_in; not_in_nullable (of which the list may hold NULL); or_across_columns; optional_filters ($1 IS NULL OR column = $1); null_comparisons; longest_list (constants in one IN); comparisons, an array of what is compared in WHERE, ON and HAVING: relid and attnum, column, operator, wrapped_in (function, cast, implicit cast, operator or aggregate; absent for the bare column) with wrapper (its name), immutable and expression (as an index could have it; absent where it has a constant), compared_with (parameter, constant, column, expression or subquery), other_relid and other_attnum (of the bare column of a table that it is compared with), elements (of a list; 0 unknown), is_pattern, leading_wildcard (absent where it is not known); documents, an array of the jsonb columns (relid and attnum) of which a key is asked for. Of a SELECT with aggregates: result, an object of what its result depends on: mutable (something else than the tables decides it), values (it has constants or parameters), varies (parameters choose rows), width (bytes of a row, by the types), key (columns that identify a row) and query (as SQL, of one that is not mutable and has no values). Constants and values are never shown';

REVOKE ALL ON FUNCTION dbadvisor.statement_features(text),
	dbadvisor.workload_features(bigint[], double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.statement_features(text),
	dbadvisor.workload_features(bigint[], double precision)
	TO dbadvisor_reader;
