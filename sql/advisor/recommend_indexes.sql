-- recommend_indexes(): index advice live, nothing stored.
--
-- Works on a standby and in a read-only transaction.  What the search has to
-- say of itself comes as a notice.

CREATE OR REPLACE FUNCTION dbadvisor.recommend_indexes(
	storage_budget bigint DEFAULT NULL,
	max_columns integer DEFAULT 3,
	time_limit interval DEFAULT '30 s',
	max_indexes integer DEFAULT NULL,
	min_saving double precision DEFAULT 0.01,
	max_per_table integer DEFAULT NULL)
RETURNS SETOF dbadvisor.advice
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a dbadvisor.advice;
BEGIN
	FOR a IN
		SELECT r.*
		  FROM dbadvisor.rule_index_missing(storage_budget, max_columns, time_limit,
											max_indexes, min_saving, max_per_table) r
		 UNION ALL
		SELECT x.*
		  FROM dbadvisor.rule_index_extension_missing x
	LOOP
		IF a.object_type <> 'rule' THEN
			RETURN NEXT a;
		ELSIF a.detail IS NOT NULL THEN
			RAISE NOTICE 'index advice may be incomplete: %', a.detail;
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION dbadvisor.recommend_indexes(bigint, integer, interval, integer, double precision, integer) IS
'Indexes that would make the recorded workload cheaper, in the order to create them: at most storage_budget bytes and max_indexes of them, max_per_table on one table (null: any), max_columns keys each, found within time_limit; each saves at least min_saving of the workload';

REVOKE ALL ON FUNCTION dbadvisor.recommend_indexes(bigint, integer, interval, integer, double precision, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.recommend_indexes(bigint, integer, interval, integer, double precision, integer)
	TO dbadvisor_reader;
