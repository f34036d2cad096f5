-- index_frontier(): what an index budget buys, for every budget; for plots.
--
-- Works on a standby and in a read-only transaction.  Statements are planned
-- once for all budgets.

CREATE OR REPLACE FUNCTION dbadvisor.search_frontier(
	storage_budget bigint DEFAULT NULL,
	max_columns integer DEFAULT 3,
	time_limit interval DEFAULT '30 s',
	max_indexes integer DEFAULT NULL,
	min_saving double precision DEFAULT 0.01,
	max_per_table integer DEFAULT NULL,
	budgets bigint[] DEFAULT NULL,
	points integer DEFAULT 10)
RETURNS TABLE (
	budget_bytes bigint,
	size_bytes bigint,
	definitions text[],
	cost_before double precision,
	cost_after double precision,
	bound double precision,
	complete boolean)
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_search_frontier';
COMMENT ON FUNCTION dbadvisor.search_frontier(bigint, integer, interval, integer, double precision, integer, bigint[], integer) IS
'The index advisor at each of many budgets, as C returns it';

-- Constants are data: shown only where dbadvisor.include_values allows it.
CREATE OR REPLACE FUNCTION dbadvisor.index_frontier(
	storage_budget bigint DEFAULT NULL,
	max_columns integer DEFAULT 3,
	time_limit interval DEFAULT '30 s',
	max_indexes integer DEFAULT NULL,
	min_saving double precision DEFAULT 0.01,
	max_per_table integer DEFAULT NULL,
	budgets bigint[] DEFAULT NULL,
	points integer DEFAULT 10,
	OUT budget_bytes bigint,
	OUT size_bytes bigint,
	OUT index_count integer,
	OUT indexes text[],
	OUT saving double precision,
	OUT most_saving double precision,
	OUT proven_gap double precision,
	OUT complete boolean)
RETURNS SETOF record
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT f.budget_bytes,
		   f.size_bytes,
		   pg_catalog.cardinality(f.definitions),
		   ARRAY(SELECT CASE
						WHEN dbadvisor.include_values() THEN b.body
						ELSE dbadvisor.without_constants(b.body)
						END
				   FROM pg_catalog.unnest(f.definitions) d
				  CROSS JOIN pg_catalog.regexp_replace(d, '^.*? ON ', '') b (body)
				  ORDER BY 1),
		   1 - f.cost_after / f.cost_before,
		   1 - f.bound / f.cost_before,
		   (f.cost_after - f.bound) / NULLIF(f.cost_after, 0),
		   f.complete
	  FROM dbadvisor.search_frontier(storage_budget, max_columns, time_limit, max_indexes,
									 min_saving, max_per_table, budgets, points) f
	 ORDER BY f.budget_bytes;
$$;
COMMENT ON FUNCTION dbadvisor.index_frontier(bigint, integer, interval, integer, double precision, integer, bigint[], integer) IS
'What indexes save at each of many storage budgets, as a share of the workload''s cost, and the most that any set could: budgets names them, else there are points steps up to storage_budget or to what helps at all; the other arguments are those of recommend_indexes()';

-- They show costs of everybody's statements.
REVOKE ALL ON FUNCTION
	dbadvisor.search_frontier(bigint, integer, interval, integer, double precision, integer, bigint[], integer),
	dbadvisor.index_frontier(bigint, integer, interval, integer, double precision, integer, bigint[], integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	dbadvisor.search_frontier(bigint, integer, interval, integer, double precision, integer, bigint[], integer),
	dbadvisor.index_frontier(bigint, integer, interval, integer, double precision, integer, bigint[], integer)
	TO dbadvisor_reader;
