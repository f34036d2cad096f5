-- query.row_at_a_time_insert: many rows, each with a statement of its own
--
-- Fires for an INSERT of one row of VALUES that runs many times per transaction,
-- or at a high rate, in windows of history that hold at least min_calls of it.
-- Wrong when each row comes from another user of the application and must be
-- there before he is answered.
SELECT dbadvisor.register_rule(
	rule => 'query.row_at_a_time_insert',
	title => 'Rows are inserted one statement at a time',
	why => 'Each statement costs a round trip and its own overhead, each transaction a flush of the write-ahead log; many rows per statement cost a fraction.',
	severity => 'low',
	thresholds => '{"window_hours": 24, "min_calls": 1000, "min_per_transaction": 10, "min_per_second": 200}',
	doc => 'min_per_transaction is how often the statement runs per transaction of the database in a window, min_per_second the rate from which on rows are worth gathering although each has a transaction of its own.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_row_at_a_time_insert WITH (security_invoker = true) AS
WITH busy AS MATERIALIZED (
	SELECT c.userid, c.queryid,
		   pg_catalog.sum(c.calls) AS calls,
		   pg_catalog.sum(c.calls) / NULLIF(pg_catalog.sum(c.transactions), 0) AS per_transaction,
		   pg_catalog.max(c.calls / c.seconds) AS per_second,
		   pg_catalog.sum(c.ms) AS ms,
		   pg_catalog.min(c.since) AS since
	  FROM dbadvisor.query_calls('query.row_at_a_time_insert') c
	 WHERE c.calls >= c.transactions * dbadvisor.threshold('query.row_at_a_time_insert', 'min_per_transaction')::double precision
		OR c.calls >= c.seconds * dbadvisor.threshold('query.row_at_a_time_insert', 'min_per_second')::double precision
	 GROUP BY c.userid, c.queryid
	HAVING pg_catalog.sum(c.calls) >= dbadvisor.threshold('query.row_at_a_time_insert', 'min_calls')
), found AS (
	SELECT DISTINCT ON (pg_catalog.md5(f.query)) b.*, f.query,
		   (f.features ->> 'target')::oid AS relid
	  FROM dbadvisor.workload_features(ARRAY(SELECT b.queryid FROM busy b)) f
	  JOIN busy b ON b.queryid = f.queryid AND b.userid = f.userid
	 WHERE f.features ->> 'command' = 'insert'
	   AND (f.features ->> 'insert_rows')::integer = 1
	   AND EXISTS (SELECT FROM busy)
	 ORDER BY pg_catalog.md5(f.query), b.calls DESC
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.relation_identity(f.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.row_at_a_time_insert',
		   relid => f.relid,
		   variant => dbadvisor.text_hash(f.query),
		   title => pg_catalog.format('Insert into %s many rows at a time', t.name),
		   detail => pg_catalog.format(
						 'Statement %s inserted one row in each of %s calls, %s per transaction and up to %s per second. Use VALUES with many rows, INSERT ... SELECT from unnest() of arrays, or COPY.',
						 f.queryid, f.calls,
						 pg_catalog.round(f.per_transaction::numeric, 1),
						 pg_catalog.round(f.per_second::numeric, 1)),
		   evidence => pg_catalog.jsonb_build_object(
						   'calls', f.calls,
						   'calls_per_transaction', f.per_transaction,
						   'calls_per_second', f.per_second,
						   'total_ms', f.ms,
						   'window', 'history',
						   'confidence_reason', 'transactions of the whole database were counted'),
		   queryids => ARRAY[f.queryid],
		   confidence => 0.7,
		   proof => 'counters',
		   evidence_since => f.since,
		   impact => 'The application changes; nothing in the database does.') a
 UNION ALL
SELECT n.*
  FROM dbadvisor.query_window_note('query.row_at_a_time_insert') n;
COMMENT ON VIEW dbadvisor.rule_query_row_at_a_time_insert IS
'Statements that insert many rows one by one, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_query_row_at_a_time_insert TO dbadvisor_reader;
