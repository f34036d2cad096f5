-- The contract of the store: names that others build upon, their comments and
-- privileges.
BEGIN;
SELECT no_plan();

SELECT has_schema('dbadvisor');
SELECT has_role('dbadvisor_reader');
SELECT has_role('dbadvisor_admin');
SELECT is_member_of('dbadvisor_reader', ARRAY['dbadvisor_admin', 'pg_monitor']);

-- The shape of advice: these columns, in this order.
SELECT has_composite('dbadvisor', 'advice', 'type advice exists');
SELECT is(
    (SELECT array_agg(attname::text || ' ' || format_type(atttypid, atttypmod) ORDER BY attnum)
       FROM pg_attribute
      WHERE attrelid = 'dbadvisor.advice'::regclass AND attnum > 0 AND NOT attisdropped),
    ARRAY['rule text', 'object_type text', 'object_name text', 'relid oid',
          'variant text', 'severity text', 'title text', 'detail text',
          'evidence jsonb', 'queryids bigint[]',
          'benefit_ms_per_day double precision', 'benefit_bytes bigint',
          'cost_bytes bigint', 'confidence double precision', 'proof text',
          'evidence_since timestamp with time zone', 'evidence_nodes text[]',
          'precheck_sql text', 'safety text', 'affected_count integer',
          'depends_on text[]', 'conflicts_with text[]', 'contains_values boolean',
          'apply_sql text', 'revert_sql text', 'impact text'],
    'columns of advice');
SELECT is(
    (SELECT array_agg(a.attname ORDER BY a.attnum)
       FROM pg_attribute a
      WHERE a.attrelid = 'dbadvisor.finding'::regclass AND a.attnum BETWEEN 1 AND 26),
    (SELECT array_agg(a.attname ORDER BY a.attnum)
       FROM pg_attribute a
      WHERE a.attrelid = 'dbadvisor.advice'::regclass AND a.attnum > 0),
    'a finding begins with the columns of advice');

-- Tables, their keys, and the columns the design names.
SELECT has_table('dbadvisor', t::name, 'table ' || t)
  FROM unnest(ARRAY['rule', 'rule_setting', 'run', 'rule_run', 'finding', 'suppression']) t;
SELECT col_is_pk('dbadvisor', 'rule', 'rule', 'key of rule');
SELECT col_is_pk('dbadvisor', 'rule_setting', ARRAY['rule', 'object_pattern'], 'key of rule_setting');
SELECT col_is_pk('dbadvisor', 'run', 'run_id', 'key of run');
SELECT col_is_pk('dbadvisor', 'rule_run', ARRAY['run_id', 'rule'], 'key of rule_run');
SELECT col_is_pk('dbadvisor', 'finding', 'finding_id', 'key of finding');
SELECT col_is_unique('dbadvisor', 'finding', ARRAY['fingerprint'], 'a fingerprint is one finding');
SELECT col_is_pk('dbadvisor', 'suppression', 'suppression_id', 'key of suppression');
SELECT has_column('dbadvisor', t.table_name::name, c::name, t.table_name || '.' || c)
  FROM (VALUES ('rule', '{rule,category,title,why,severity,thresholds,min_version,doc,source,enabled}'::text[]),
               ('rule_setting', '{rule,object_pattern,enabled,severity,thresholds}'),
               ('run', '{run_id,started_at,finished_at,categories}'),
               ('rule_run', '{run_id,rule,status,reason,notes,advice_count,elapsed_ms,evidence}'),
               ('finding', '{finding_id,fingerprint,status,stage,first_seen,last_seen,run_id,applied_at,resolved_at}'),
               ('suppression', '{fingerprint,rule_pattern,object_pattern,reason,until}')) t (table_name, columns),
       unnest(t.columns) c;

-- Views.
SELECT has_view('dbadvisor', v::name, 'view ' || v)
  FROM unnest(ARRAY['recommendations', 'summary', 'index_recommendations', 'run_history', 'metrics', 'workload',
                    'progress', 'worker', 'outcomes', 'workload_history', 'relation_history', 'wal_history']) v;
SELECT is(
    (SELECT array_agg(attname::text || ' ' || format_type(atttypid, atttypmod) ORDER BY attnum)
       FROM pg_attribute
      WHERE attrelid = 'dbadvisor.metrics'::regclass AND attnum > 0),
    ARRAY['name text', 'labels jsonb', 'value double precision'],
    'columns of metrics');

-- Functions.
SELECT function_returns('dbadvisor', 'analyze', ARRAY['text[]'], 'bigint');
SELECT function_returns('dbadvisor', 'recommend_indexes', ARRAY['bigint', 'integer', 'interval', 'integer', 'double precision', 'integer'], 'setof dbadvisor.advice');
SELECT function_returns('dbadvisor', 'report_text', ARRAY[]::name[], 'text');
SELECT function_returns('dbadvisor', 'threshold', ARRAY['text', 'text', 'text'], 'numeric');
SELECT function_returns('dbadvisor', 'fingerprint', ARRAY['dbadvisor.advice'], 'text');
SELECT has_function('dbadvisor', 'suppress', ARRAY['bigint', 'text', 'timestamp with time zone', 'double precision']);
SELECT has_function('dbadvisor', 'suppress', ARRAY['text', 'text', 'text', 'timestamp with time zone']);
SELECT has_function('dbadvisor', 'unsuppress', ARRAY['bigint']);
SELECT has_function('dbadvisor', 'unsuppress', ARRAY['text', 'text']);
SELECT has_function('dbadvisor', 'set_rule', ARRAY['text', 'boolean', 'text', 'jsonb', 'text']);

SELECT function_returns('dbadvisor', 'request_analysis', ARRAY[]::name[], 'void');
SELECT function_returns('dbadvisor', 'take_snapshot', ARRAY[]::name[], 'timestamp with time zone');
SELECT function_returns('dbadvisor', 'refresh_nodes', ARRAY[]::name[], 'integer');
SELECT function_returns('dbadvisor', 'workload_rates', ARRAY['interval'], 'setof record');

-- History is a ring of slices that are members of the extension and not dumped;
-- the last readings are unlogged.
SELECT is(
    (SELECT count(*)
       FROM pg_class c
       JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      WHERE c.relnamespace = 'dbadvisor'::regnamespace AND c.relispartition AND c.relkind = 'r'
        AND c.relname LIKE 'history%'),
    56::bigint, 'slices of history belong to the extension');
SELECT is_empty(
    $$SELECT c.oid::regclass
        FROM pg_class c
       WHERE c.relnamespace = 'dbadvisor'::regnamespace
         AND c.relkind = 'r'
         AND (c.relname LIKE 'counter%') <> (c.relpersistence = 'u')$$,
    'the last readings are unlogged, all else is not');
SELECT is_empty(
    $$SELECT t::regclass
        FROM pg_extension e, unnest(e.extconfig) t
       WHERE e.extname = 'dbadvisor' AND t::regclass::text ~ 'history|counter|node_index'$$,
    'what means nothing elsewhere is not dumped');

-- Every shipped rule can be run.
SELECT isnt(dbadvisor.rule_query(r.rule), NULL, r.rule || ' has a source')
  FROM dbadvisor.rule r
 WHERE r.shipped;
SELECT isnt_empty('SELECT FROM dbadvisor.rule WHERE rule = ''index.missing'' AND shipped', 'index.missing is registered');

-- Comments on every column of every table, and of the type.
SELECT is_empty(
    $$SELECT a.attrelid::regclass, a.attname
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'dbadvisor'::regnamespace
         AND c.relkind IN ('r', 'p', 'c')
         AND NOT c.relispartition
         AND a.attnum > 0
         AND NOT a.attisdropped
         AND col_description(a.attrelid, a.attnum) IS NULL$$,
    'every column of a table has a comment');

-- Settings that hold for every function written in SQL.
SELECT is_empty(
    $$SELECT p.oid::regprocedure
        FROM pg_proc p
        JOIN pg_language l ON l.oid = p.prolang
       WHERE p.pronamespace = 'dbadvisor'::regnamespace
         AND l.lanname IN ('sql', 'plpgsql')
         AND (p.proconfig IS NULL OR NOT p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'])$$,
    'every SQL function has its own search_path');

-- Privileges: PUBLIC none, readers read, admins write what analyses write.
SELECT is_empty(
    $$SELECT c.oid::regclass
        FROM pg_class c, aclexplode(c.relacl) a
       WHERE c.relnamespace = 'dbadvisor'::regnamespace AND a.grantee = 0$$,
    'PUBLIC may read no table or view');
SELECT is_empty(
    $$SELECT p.oid::regprocedure
        FROM pg_proc p
       WHERE p.pronamespace = 'dbadvisor'::regnamespace
         AND EXISTS (SELECT FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)$$,
    'PUBLIC may execute no function');
SELECT table_privs_are('dbadvisor', t::name, 'dbadvisor_reader', ARRAY['SELECT'], 'readers read ' || t)
  FROM unnest(ARRAY['rule', 'rule_setting', 'run', 'rule_run', 'finding', 'suppression', 'recommendations',
                    'summary', 'index_recommendations', 'run_history', 'metrics', 'progress', 'worker',
                    'outcomes', 'workload_history', 'relation_history', 'wal_history', 'history_statement']) t;
SELECT table_privs_are('dbadvisor', 'rule', 'dbadvisor_admin', ARRAY['SELECT'], 'admins do not write the registry');
SELECT table_privs_are('dbadvisor', t::name, 'dbadvisor_admin', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'], 'admins write ' || t)
  FROM unnest(ARRAY['rule_setting', 'run', 'rule_run', 'finding', 'suppression']) t;
SELECT function_privs_are('dbadvisor', 'analyze', ARRAY['text[]'], 'dbadvisor_admin', ARRAY['EXECUTE'], 'admins analyse');
SELECT function_privs_are('dbadvisor', 'analyze', ARRAY['text[]'], 'dbadvisor_reader', ARRAY[]::text[], 'readers do not analyse');

SELECT * FROM finish();
ROLLBACK;
