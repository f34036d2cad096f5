-- query.n_plus_one: one query for each row of another
--
-- Fires for a SELECT from one table by an equality with a parameter that returns
-- few rows, and either runs as often as another statement of the same role
-- returns rows, in windows of history that have most of its calls, where a
-- foreign key leads from the one's table to the other's; or runs many times in
-- each transaction.  Wrong when two programs happen to do as much as each other.
SELECT dbadvisor.register_rule(
	rule => 'query.n_plus_one',
	title => 'A query runs once for each row of another',
	why => 'Each execution costs a round trip; one statement with a join or a list of keys gets the same rows at once.',
	severity => 'medium',
	thresholds => '{"window_hours": 24, "min_calls": 1000, "max_rows_per_call": 20, "min_parent_rows": 5, "min_per_transaction": 10}',
	doc => 'min_calls are executions in the windows of the last window_hours; min_parent_rows is how many rows the other statement returns per call, min_per_transaction how often the query runs per transaction of the database where no other statement explains it. Executions by functions are not looked at.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_n_plus_one WITH (security_invoker = true) AS
WITH run AS MATERIALIZED (
	SELECT c.*
	  FROM dbadvisor.query_calls('query.n_plus_one') c
), total AS MATERIALIZED (
	SELECT r.userid, r.queryid,
		   pg_catalog.sum(r.calls) AS calls,
		   pg_catalog.sum(r.rows) / pg_catalog.sum(r.calls) AS rows_per_call,
		   pg_catalog.sum(r.calls) / NULLIF(pg_catalog.sum(r.transactions), 0) AS per_transaction,
		   pg_catalog.sum(r.ms) AS ms,
		   pg_catalog.min(r.since) AS since
	  FROM run r
	 GROUP BY r.userid, r.queryid
), often AS MATERIALIZED (
	SELECT t.*
	  FROM total t
	 WHERE t.calls >= dbadvisor.threshold('query.n_plus_one', 'min_calls')
	   AND t.rows_per_call <= dbadvisor.threshold('query.n_plus_one', 'max_rows_per_call')
), many_rows AS MATERIALIZED (
	SELECT t.*
	  FROM total t
	 WHERE t.rows_per_call >= dbadvisor.threshold('query.n_plus_one', 'min_parent_rows')
	   AND t.calls * t.rows_per_call >= dbadvisor.threshold('query.n_plus_one', 'min_calls') / 2
	   AND EXISTS (SELECT FROM often)
), seen AS MATERIALIZED (
	SELECT f.queryid, f.userid, f.query, f.relations, f.features
	  FROM dbadvisor.workload_features(ARRAY(SELECT o.queryid FROM often o UNION SELECT m.queryid FROM many_rows m)) f
	 WHERE f.queryid IS NOT NULL
	   AND f.features ->> 'command' = 'select'
	   AND EXISTS (SELECT FROM often)
), lookup AS MATERIALIZED (
	SELECT DISTINCT ON (o.userid, o.queryid) o.*, s.query,
		   (c ->> 'relid')::oid AS relid,
		   (c ->> 'attnum')::smallint AS attnum
	  FROM often o
	  JOIN seen s ON s.queryid = o.queryid AND s.userid = o.userid
	 CROSS JOIN pg_catalog.jsonb_array_elements(s.features -> 'comparisons') c
	 WHERE (s.features ->> 'tables')::integer = 1
	   AND (s.features ->> 'subqueries')::integer = 0
	   AND c ? 'relid'
	   AND c ->> 'operator' = '='
	   AND c ->> 'compared_with' = 'parameter'
	   AND NOT c ? 'wrapped_in'
	   AND NOT c ? 'elements'
	 ORDER BY o.userid, o.queryid, (c ->> 'attnum')::integer
), pair AS (
	SELECT l.userid, l.queryid,
		   p.queryid AS parent,
		   p.rows_per_call AS parent_rows,
		   p.calls AS parent_calls
	  FROM lookup l
	  JOIN many_rows p ON p.userid = l.userid AND p.queryid <> l.queryid
	  JOIN seen s ON s.queryid = p.queryid AND s.userid = p.userid
	 WHERE EXISTS (SELECT
					 FROM pg_catalog.pg_constraint k
					WHERE k.contype = 'f'
					  AND ((k.conrelid = l.relid AND l.attnum = ANY (k.conkey) AND k.confrelid = ANY (s.relations))
						   OR (k.confrelid = l.relid AND l.attnum = ANY (k.confkey) AND k.conrelid = ANY (s.relations))))
	   AND (SELECT pg_catalog.sum(c.calls) FILTER (WHERE c.calls / NULLIF(r.rows, 0) BETWEEN 0.8 AND 1.25)
			  FROM run c
			  LEFT JOIN run r ON r.userid = p.userid AND r.queryid = p.queryid AND r.taken_at = c.taken_at
			 WHERE c.userid = l.userid
			   AND c.queryid = l.queryid) >= 0.9 * l.calls
), found AS (
	SELECT DISTINCT ON (pg_catalog.md5(l.query)) l.*, p.parent, p.parent_rows, p.parent_calls
	  FROM lookup l
	  LEFT JOIN pair p ON p.userid = l.userid AND p.queryid = l.queryid
	 WHERE p.parent IS NOT NULL
		OR l.per_transaction >= dbadvisor.threshold('query.n_plus_one', 'min_per_transaction')
	 ORDER BY pg_catalog.md5(l.query), p.parent IS NULL, l.calls DESC, p.parent_rows DESC
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.n_plus_one',
		   relid => f.relid,
		   variant => dbadvisor.text_hash(f.query),
		   title => CASE
					WHEN f.parent IS NOT NULL
					THEN pg_catalog.format('Read the rows of %s together with those of statement %s, not one by one', t.name, f.parent)
					ELSE pg_catalog.format('Read the rows of %s with one statement per transaction, not one by one', t.name)
					END,
		   detail => pg_catalog.format(
						 'Statement %s ran %s times and returned %s rows per call. %s Join the tables, or pass all keys at once (= ANY ($1)).',
						 f.queryid, f.calls, pg_catalog.round(f.rows_per_call::numeric, 1),
						 CASE
						 WHEN f.parent IS NOT NULL
						 THEN pg_catalog.format('It runs as often as statement %s returns rows, %s per call.',
												f.parent, pg_catalog.round(f.parent_rows::numeric, 1))
						 ELSE pg_catalog.format('That is %s times per transaction.', pg_catalog.round(f.per_transaction::numeric, 1))
						 END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'calls', f.calls,
						   'rows_per_call', f.rows_per_call,
						   'calls_per_transaction', f.per_transaction,
						   'total_ms', f.ms,
						   'parent_queryid', f.parent,
						   'parent_calls', f.parent_calls,
						   'parent_rows_per_call', f.parent_rows,
						   'window', 'history',
						   'confidence_reason', CASE WHEN f.parent IS NOT NULL
													 THEN 'calls and rows agree in the windows of history, and a foreign key ties the tables'
													 ELSE 'transactions of the whole database were counted' END)),
		   queryids => pg_catalog.array_remove(ARRAY[f.queryid, f.parent], NULL),
		   confidence => CASE WHEN f.parent IS NOT NULL THEN 0.8 ELSE 0.6 END,
		   proof => 'counters',
		   evidence_since => f.since,
		   impact => 'The application changes; nothing in the database does.') a
 UNION ALL
SELECT n.*
  FROM dbadvisor.query_window_note('query.n_plus_one') n;
COMMENT ON VIEW dbadvisor.rule_query_n_plus_one IS
'Queries that run once for each row of another, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_query_n_plus_one TO dbadvisor_reader;
