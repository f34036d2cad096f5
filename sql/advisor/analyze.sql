-- analyze(): call the advisors, put the rows into the store.
--
-- PL/pgSQL here is glue: each rule runs in a block of its own, so that one
-- that fails becomes a row of dbadvisor.rule_run and the rest goes on.

CREATE OR REPLACE FUNCTION dbadvisor.check_writable()
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF pg_catalog.pg_is_in_recovery() THEN
		RAISE EXCEPTION 'cannot store an analysis on a standby'
			USING ERRCODE = 'read_only_sql_transaction',
				  HINT = 'Call dbadvisor.recommend_indexes() here, or analyze() on the primary.';
	END IF;
	IF pg_catalog.current_setting('transaction_read_only')::boolean THEN
		RAISE EXCEPTION 'cannot store an analysis in a read-only transaction'
			USING ERRCODE = 'read_only_sql_transaction',
				  HINT = 'Call dbadvisor.recommend_indexes() here, or analyze() in a read-write transaction.';
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.check_writable() IS
'Raise an error where the store cannot be written: on a standby, in a read-only transaction';

-- The lock's key is the oid of the table of runs; it goes with the transaction.
-- A background worker has the lock for one rule or a snapshot, so it is worth
-- waiting for; another session has it until it commits.
CREATE OR REPLACE FUNCTION dbadvisor.lock_store()
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	key oid := 'dbadvisor.run'::pg_catalog.regclass;
	deadline timestamptz := pg_catalog.clock_timestamp() + interval '1 minute';
BEGIN
	WHILE NOT pg_catalog.pg_try_advisory_xact_lock(key::bigint) LOOP
		IF pg_catalog.clock_timestamp() > deadline
		   OR EXISTS (SELECT
						FROM pg_catalog.pg_locks l
					   WHERE l.locktype = 'advisory'
						 AND l.granted
						 AND l.classid = 0
						 AND l.objid = key
						 AND l.objsubid = 1
						 AND l.database = (SELECT d.oid
											 FROM pg_catalog.pg_database d
											WHERE d.datname = pg_catalog.current_database())
						 AND l.pid NOT IN (SELECT w.pid
											 FROM dbadvisor.worker_rows() w
											WHERE w.pid IS NOT NULL))
		THEN
			RAISE EXCEPTION 'another analysis is running in this database'
				USING ERRCODE = 'lock_not_available',
					  HINT = 'Try again when it has finished.';
		END IF;
		PERFORM pg_catalog.pg_sleep(0.1);
	END LOOP;
END;
$$;
COMMENT ON FUNCTION dbadvisor.lock_store() IS
'Take the lock that lets one analysis write at a time; waits up to a minute while a background worker has it, an error if another session has it';

CREATE OR REPLACE FUNCTION dbadvisor.valid_categories(categories text[])
RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known text[] := (SELECT COALESCE(pg_catalog.array_agg(DISTINCT r.category ORDER BY r.category), '{}')
					   FROM dbadvisor.rule r);
	unknown text := (SELECT COALESCE(c, 'NULL')
					   FROM pg_catalog.unnest(categories) c
					  WHERE c IS NULL
						 OR c <> ALL (known)
					  LIMIT 1);
BEGIN
	IF unknown IS NOT NULL OR categories = '{}' THEN
		RAISE EXCEPTION 'unknown category of rules: %', COALESCE(pg_catalog.quote_literal(unknown), 'none given')
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = pg_catalog.format('Categories with rules are: %s.',
										   pg_catalog.array_to_string(known, ', '));
	END IF;
	RETURN COALESCE(categories, known);
END;
$$;
COMMENT ON FUNCTION dbadvisor.valid_categories(text[]) IS
'The categories to analyse: all for null, an error for one that no rule has';

-- What runs is an object of schema dbadvisor, where none but the extension's
-- owner can create any, or a view of somebody who may act as the current user.
CREATE OR REPLACE FUNCTION dbadvisor.rule_source(rule text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
	source text := (SELECT r.source FROM dbadvisor.rule r WHERE r.rule = rule_source.rule);
BEGIN
	IF source = 'view' THEN
		RETURN (SELECT c.oid::pg_catalog.regclass
				  FROM pg_catalog.pg_class c
				 WHERE c.relnamespace = 'dbadvisor'::pg_catalog.regnamespace
				   AND c.relname = 'rule_' || pg_catalog.replace(rule_source.rule, '.', '_')
				   AND c.relkind = 'v');
	ELSIF source LIKE '%(%' THEN
		RETURN (SELECT p.oid::pg_catalog.regproc || '()'
				  FROM pg_catalog.pg_proc p
				 WHERE p.oid = pg_catalog.to_regprocedure(source)
				   AND p.pronamespace = 'dbadvisor'::pg_catalog.regnamespace
				   AND p.prorettype = 'dbadvisor.advice'::pg_catalog.regtype
				   AND p.pronargs = p.pronargdefaults);
	END IF;
	RETURN (SELECT c.oid::pg_catalog.regclass
			  FROM pg_catalog.pg_class c
			 WHERE c.oid = pg_catalog.to_regclass(source)
			   AND c.relkind = 'v'
			   AND pg_catalog.pg_has_role(c.relowner, CURRENT_USER, 'USAGE'));
END;
$$;
COMMENT ON FUNCTION dbadvisor.rule_source(text) IS
'What to select the advice of a rule from; null where there is nothing that may be run';

CREATE OR REPLACE FUNCTION dbadvisor.rule_query(rule text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	from_item text := dbadvisor.rule_source(rule);
BEGIN
	IF from_item IS NULL THEN
		RAISE EXCEPTION 'rule "%" has no source to run', rule_query.rule
			USING ERRCODE = 'undefined_object',
				  DETAIL = pg_catalog.format('The registry says "%s".',
											 (SELECT r.source FROM dbadvisor.rule r WHERE r.rule = rule_query.rule)),
				  HINT = 'Make the view dbadvisor.rule_<category>_<name>, a function of schema dbadvisor that returns advice, or a view whose owner may act as who runs it.';
	END IF;
	RETURN (SELECT pg_catalog.format(
					   'SELECT pg_catalog.array_agg(ROW(%s)::dbadvisor.advice) FROM %s v',
					   pg_catalog.string_agg(pg_catalog.format('v.%I', a.attname), ', '
											 ORDER BY a.attnum),
					   from_item)
			  FROM pg_catalog.pg_attribute a
			 WHERE a.attrelid = 'dbadvisor.advice'::pg_catalog.regclass
			   AND NOT a.attisdropped);
END;
$$;
COMMENT ON FUNCTION dbadvisor.rule_query(text) IS
'The query that runs a rule and returns its advice as an array';

CREATE OR REPLACE FUNCTION dbadvisor.rule_advice(query text)
RETURNS dbadvisor.advice[]
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_rule_advice';
COMMENT ON FUNCTION dbadvisor.rule_advice(text) IS
'Run what rule_query() says and return the advice; an error after dbadvisor.rule_timeout, or when it would wait for a lock longer than dbadvisor.lock_timeout';

CREATE OR REPLACE FUNCTION dbadvisor.rule_skip_reason(rule text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN pg_catalog.current_setting('server_version_num')::integer < r.min_version
		   THEN pg_catalog.format('needs PostgreSQL %s', r.min_version / 10000)
		   WHEN NOT dbadvisor.rule_enabled(r.rule)
				AND NOT EXISTS (SELECT
								  FROM dbadvisor.rule_setting s
								 WHERE s.rule = r.rule
								   AND s.enabled)
		   THEN 'rule is switched off'
		   END
	  FROM dbadvisor.rule r
	 WHERE r.rule = rule_skip_reason.rule;
$$;
COMMENT ON FUNCTION dbadvisor.rule_skip_reason(text) IS
'Why a rule is not run; null when it is';

-- A row whose object is the rule itself is its word on its own run.  Without a
-- run, on a standby, nothing is stored.
CREATE OR REPLACE FUNCTION dbadvisor.run_rule(
	run_id bigint,
	rule text,
	OUT result dbadvisor.rule_run,
	OUT rows dbadvisor.advice[])
RETURNS record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	note dbadvisor.advice;
BEGIN
	result.run_id := run_id;
	result.rule := rule;
	result.started_at := pg_catalog.clock_timestamp();

	rows := dbadvisor.rule_advice(dbadvisor.rule_query(rule));
	SELECT r.*
	  INTO note
	  FROM pg_catalog.unnest(rows) r
	 WHERE r.object_type = 'rule'
	 LIMIT 1;
	rows := ARRAY(SELECT r
					FROM pg_catalog.unnest(rows) r
				   WHERE r.object_type IS DISTINCT FROM 'rule');

	result.status := COALESCE(note.variant, 'ok');
	result.reason := note.detail;
	result.evidence := note.evidence;
	result.advice_count := pg_catalog.cardinality(rows);
	result.notes := dbadvisor.comment_notes(rule);
	IF run_id IS NOT NULL THEN
		PERFORM dbadvisor.store_advice(run_id, rule, rows);
		PERFORM dbadvisor.close_findings(run_id, rule, result.status);
	END IF;
	result.elapsed_ms := EXTRACT(epoch FROM pg_catalog.clock_timestamp() - result.started_at) * 1000;
END;
$$;
COMMENT ON FUNCTION dbadvisor.run_rule(bigint, text) IS
'Run one rule, store its advice unless run_id is null, and tell what became of it; raises what the rule raises';

CREATE OR REPLACE FUNCTION dbadvisor.run_rule_safely(
	run_id bigint,
	rule text,
	OUT result dbadvisor.rule_run,
	OUT rows dbadvisor.advice[])
RETURNS record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	run record;
BEGIN
	result.run_id := run_id;
	result.rule := rule;
	result.status := 'skipped';
	result.reason := dbadvisor.rule_skip_reason(rule);
	result.notes := '{}';
	result.advice_count := 0;
	result.started_at := pg_catalog.clock_timestamp();
	result.elapsed_ms := 0;
	IF result.reason IS NOT NULL THEN
		RETURN;
	END IF;
	run := dbadvisor.run_rule(run_id, rule);
	result := run.result;
	rows := run.rows;
EXCEPTION WHEN OTHERS THEN
	result.status := 'failed';
	result.reason := pg_catalog.format('%s: %s', sqlstate, sqlerrm);
	result.elapsed_ms := EXTRACT(epoch FROM pg_catalog.clock_timestamp() - result.started_at) * 1000;
END;
$$;
COMMENT ON FUNCTION dbadvisor.run_rule_safely(bigint, text) IS
'Run one rule unless there is a reason to skip it; an error of the rule is undone and told';

-- The steps of an analysis.  analyze() takes them in the caller's transaction, a
-- background worker in one transaction each.
CREATE OR REPLACE FUNCTION dbadvisor.begin_run(categories text[])
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	scope text[];
	this_run bigint;
BEGIN
	PERFORM dbadvisor.check_writable();
	scope := dbadvisor.valid_categories(categories);
	PERFORM dbadvisor.lock_store();
	PERFORM dbadvisor.refresh_relids();
	INSERT INTO dbadvisor.run AS r (categories)
	VALUES (scope)
	RETURNING r.run_id INTO this_run;
	RETURN this_run;
END;
$$;
COMMENT ON FUNCTION dbadvisor.begin_run(text[]) IS
'First step of an analysis: note it, and bring the store up to date with the catalog; returns its number';

CREATE OR REPLACE FUNCTION dbadvisor.rules_of_run(
	this_run bigint,
	OUT run_id bigint,
	OUT rule text)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT u.run_id,
		   r.rule
	  FROM dbadvisor.run u
	  JOIN dbadvisor.rule r ON r.category = ANY (u.categories)
	 WHERE u.run_id = rules_of_run.this_run
	 ORDER BY r.rule;
$$;
COMMENT ON FUNCTION dbadvisor.rules_of_run(bigint) IS
'Rules that an analysis runs, in their order';

CREATE OR REPLACE FUNCTION dbadvisor.record_rule(run_id bigint, rule text)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	INSERT INTO dbadvisor.rule_run
	SELECT (r.result).*
	  FROM dbadvisor.run_rule_safely(record_rule.run_id, record_rule.rule) r;
	SELECT dbadvisor.notify_findings(record_rule.run_id, record_rule.rule);
$$;
COMMENT ON FUNCTION dbadvisor.record_rule(bigint, text) IS
'Middle step of an analysis: run one rule, note what became of it, and tell of new findings';

CREATE OR REPLACE FUNCTION dbadvisor.end_run(run_id bigint)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.refresh_suppression();
	UPDATE dbadvisor.run r
	   SET finished_at = pg_catalog.clock_timestamp()
	 WHERE r.run_id = end_run.run_id;
$$;
COMMENT ON FUNCTION dbadvisor.end_run(bigint) IS
'Last step of an analysis';

CREATE OR REPLACE FUNCTION dbadvisor.analyze(categories text[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
	this_run bigint := dbadvisor.begin_run(categories);
	rules text[] := ARRAY(SELECT r.rule
							FROM dbadvisor.rules_of_run(this_run) r
						   ORDER BY r.rule);
BEGIN
	FOR i IN 1 .. pg_catalog.cardinality(rules) LOOP
		PERFORM dbadvisor.report_progress(rules[i], i - 1, pg_catalog.cardinality(rules));
		PERFORM dbadvisor.record_rule(this_run, rules[i]);
	END LOOP;
	PERFORM dbadvisor.end_run(this_run);
	PERFORM dbadvisor.report_progress(NULL);
	RETURN this_run;
END;
$$;
COMMENT ON FUNCTION dbadvisor.analyze(text[]) IS
'Run the rules of some categories (null: all) and bring dbadvisor.finding up to date; returns the number of the run';

REVOKE ALL ON FUNCTION dbadvisor.check_writable(),
	dbadvisor.lock_store(),
	dbadvisor.valid_categories(text[]),
	dbadvisor.rule_source(text),
	dbadvisor.rule_query(text),
	dbadvisor.rule_advice(text),
	dbadvisor.rule_skip_reason(text),
	dbadvisor.run_rule(bigint, text),
	dbadvisor.run_rule_safely(bigint, text),
	dbadvisor.begin_run(text[]),
	dbadvisor.rules_of_run(bigint),
	dbadvisor.record_rule(bigint, text),
	dbadvisor.end_run(bigint),
	dbadvisor.analyze(text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.check_writable(),
	dbadvisor.lock_store(),
	dbadvisor.run_rule(bigint, text),
	dbadvisor.run_rule_safely(bigint, text),
	dbadvisor.begin_run(text[]),
	dbadvisor.rules_of_run(bigint),
	dbadvisor.record_rule(bigint, text),
	dbadvisor.end_run(bigint),
	dbadvisor.analyze(text[])
	TO dbadvisor_admin;
GRANT EXECUTE ON FUNCTION dbadvisor.valid_categories(text[]),
	dbadvisor.rule_source(text),
	dbadvisor.rule_query(text),
	dbadvisor.rule_advice(text),
	dbadvisor.rule_skip_reason(text)
	TO dbadvisor_reader;
