-- recommend_statistics(): advice on statistics live, nothing stored.
--
-- Works on a standby and in a read-only transaction.  What the advisor has to
-- say of itself comes as a notice.

CREATE OR REPLACE FUNCTION dbadvisor.recommend_statistics(
	time_limit interval DEFAULT '30 s',
	min_factor double precision DEFAULT NULL,
	min_gain double precision DEFAULT NULL)
RETURNS SETOF dbadvisor.advice
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a dbadvisor.advice;
BEGIN
	FOR a IN
		SELECT r.*
		  FROM dbadvisor.rule_statistics_extended_missing(time_limit / 2, min_factor, min_gain) r
		 UNION ALL
		SELECT r.*
		  FROM dbadvisor.rule_statistics_target_too_low(time_limit / 2, min_factor, min_gain) r
	LOOP
		IF a.object_type <> 'rule' THEN
			RETURN NEXT a;
		ELSIF a.detail IS NOT NULL THEN
			RAISE NOTICE 'advice on statistics may be incomplete (%): %', a.rule, a.detail;
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION dbadvisor.recommend_statistics(interval, double precision, double precision) IS
'Extended statistics and statistics targets with which recorded statements get another plan: the planner''s estimate is off by min_factor, and with the sampled figure it chooses a plan that is cheaper by the share min_gain (null: the thresholds of the rules), found within time_limit';

REVOKE ALL ON FUNCTION dbadvisor.recommend_statistics(interval, double precision, double precision)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.recommend_statistics(interval, double precision, double precision)
	TO dbadvisor_reader;
