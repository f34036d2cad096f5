-- query.chatty_transaction: transactions of very many statements
--
-- Fires for a database whose transactions ran at least min_per_transaction
-- statements each over the windows of history.  Wrong when a few batch jobs,
-- which are meant to be long, make up the mean.
SELECT dbadvisor.register_rule(
	rule => 'query.chatty_transaction',
	title => 'Transactions run very many statements',
	why => 'Each statement is a round trip in which locks and a snapshot are held and others wait.',
	severity => 'low',
	thresholds => '{"window_hours": 24, "min_per_transaction": 50, "min_transactions": 100}',
	doc => 'Statements run by functions are not counted, transactions of all roles are. pg_stat_statements must hold all statements: those that it has given up are missing.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_chatty_transaction WITH (security_invoker = true) AS
WITH run AS MATERIALIZED (
	SELECT c.queryid,
		   pg_catalog.sum(c.calls) AS calls
	  FROM dbadvisor.query_calls('query.chatty_transaction') c
	 GROUP BY c.queryid
), total AS (
	SELECT (SELECT pg_catalog.sum(r.calls) FROM run r) AS calls,
		   pg_catalog.sum(w.transactions) AS transactions,
		   pg_catalog.min(w.since) AS since
	  FROM dbadvisor.query_windows('query.chatty_transaction') w
), top AS (
	SELECT pg_catalog.array_agg(r.queryid ORDER BY r.calls DESC, r.queryid) AS queryids
	  FROM (SELECT r.*
			  FROM run r
			 ORDER BY r.calls DESC, r.queryid
			 LIMIT 5) r
)
SELECT a.*
  FROM total t
 CROSS JOIN top s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.chatty_transaction',
		   object_type => 'database',
		   object_name => pg_catalog.quote_ident(pg_catalog.current_database()),
		   title => pg_catalog.format('Use fewer statements per transaction: %s on average', pg_catalog.round((t.calls / t.transactions)::numeric)),
		   detail => pg_catalog.format(
						 '%s statements ran in %s transactions. Those that run most are %s: gather rows and keys in one statement, or pipeline what cannot be gathered.',
						 t.calls, t.transactions, pg_catalog.array_to_string(s.queryids, ', ')),
		   evidence => pg_catalog.jsonb_build_object(
						   'statements', t.calls,
						   'transactions', t.transactions,
						   'statements_per_transaction', t.calls / t.transactions,
						   'window', 'history',
						   'confidence_reason', 'a mean over all transactions of the database'),
		   queryids => s.queryids,
		   confidence => 0.6,
		   proof => 'counters',
		   evidence_since => t.since,
		   impact => 'The application changes; nothing in the database does.') a
 WHERE t.transactions >= dbadvisor.threshold('query.chatty_transaction', 'min_transactions')
   AND t.calls >= t.transactions * dbadvisor.threshold('query.chatty_transaction', 'min_per_transaction')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.query_window_note('query.chatty_transaction') n;
COMMENT ON VIEW dbadvisor.rule_query_chatty_transaction IS
'Whether transactions of this database run very many statements, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_query_chatty_transaction TO dbadvisor_reader;
