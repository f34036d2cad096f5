-- explain_index(): what an index does to the statements of the workload, with
-- plans; explain_finding() makes sentences of it.
--
-- Plans as each statement's user; runs with the caller's search_path like
-- what_if().

CREATE OR REPLACE FUNCTION dbadvisor.explain_index(
	index text[],
	hide_indexes regclass[] DEFAULT '{}',
	base_indexes text[] DEFAULT '{}',
	alternatives text[] DEFAULT '{}',
	queryids bigint[] DEFAULT NULL,
	time_limit interval DEFAULT '10 s',
	OUT queryid bigint,
	OUT query text,
	OUT state text,
	OUT reason text,
	OUT calls float8,
	OUT total_ms float8,
	OUT asked boolean,
	OUT cost_before float8,
	OUT cost_after float8,
	OUT indexes_used_before text[],
	OUT clauses text[],
	OUT plan_before text,
	OUT plan_after text,
	OUT alternative_costs float8[],
	OUT alternative_used boolean[],
	OUT writes boolean,
	OUT risk_level text,
	OUT risk_reason text)
RETURNS SETOF record
LANGUAGE c
VOLATILE
PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dbadvisor_explain_index';

COMMENT ON FUNCTION dbadvisor.explain_index(text[], regclass[], text[], text[], bigint[], interval) IS
'Plans of statements with and without one index (its CREATE INDEX text as the only element) on top of base_indexes, or without hide_indexes where the array is empty: of those with these queryids (0: given by hand; null: all), and of others that get slower or write the table; constants in plans are blotted out unless dbadvisor.include_values is on';

REVOKE ALL ON FUNCTION dbadvisor.explain_index(text[], regclass[], text[], text[], bigint[], interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.explain_index(text[], regclass[], text[], text[], bigint[], interval)
	TO dbadvisor_reader;
