-- Prints docs/reference.md from the catalog of a database that has dbadvisor:
--
--     psql -XAtq -f docs/reference.sql > docs/reference.md
--
-- Every object's text is its COMMENT, so the reference cannot say anything else
-- than the extension itself; test/t/040_reference.pl checks that it is current.
SET search_path = pg_catalog, dbadvisor;
LOAD 'dbadvisor';

-- Functions of the extension; "main" are those that people call.
CREATE TEMP VIEW own_function AS
SELECT p.oid, p.proname,
       p.proname IN ('analyze', 'recommend_indexes', 'recommend_statistics',
                     'search_indexes', 'search_statistics', 'what_if',
                     'what_if_workload', 'what_if_risk', 'explain_finding', 'explain_index',
                     'index_frontier', 'discover_dependencies', 'discover_keys',
                     'discover_inclusions', 'rank_dependencies', 'normalize',
                     'retype_script', 'retype_obstacles',
                     'partition_script', 'partition_obstacles',
                     'measure_bloat', 'lint', 'assert_clean', 'statement_features',
                     'index_entry_cost', 'report_text', 'suppress', 'unsuppress',
                     'set_rule', 'threshold', 'threshold_text', 'register_rule', 'advice',
                     'advice_note', 'workload_add', 'workload_remove',
                     'workload_clear', 'request_analysis', 'take_snapshot',
                     'refresh_nodes', 'follow_applied', 'workload_rates',
                     'setting_change', 'wal_capacity', 'recovery_objectives', 'pool_size',
                     'autovacuum_settings') AS main,
       pg_get_function_arguments(p.oid) AS arguments,
       pg_get_function_identity_arguments(p.oid) AS identity,
       pg_get_function_result(p.oid) AS result,
       obj_description(p.oid, 'pg_proc') AS comment
  FROM pg_proc p
  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
 WHERE e.extname = 'dbadvisor';

SELECT E'# Reference\n\n'
    || E'Printed by [reference.sql](reference.sql) from the comments of the objects; do not edit.\n';

SELECT E'## Settings\n\n| setting | default | unit | who may set | meaning |\n|---|---|---|---|---|';
SELECT format('| `%s` | `%s` | %s | %s | %s |',
              name, boot_val, coalesce(unit, ''),
              CASE context WHEN 'user' THEN 'any user' ELSE context END,
              concat_ws(' ', short_desc, extra_desc))
  FROM pg_settings
 WHERE name LIKE 'dbadvisor.%'
 ORDER BY name;

SELECT E'\n## Functions\n';
SELECT format(E'### %s\n\n```\ndbadvisor.%s(%s)\n  RETURNS %s\n```\n\n%s\n',
              proname, proname, arguments, result, comment)
  FROM own_function
 WHERE main
 ORDER BY proname, identity;

SELECT E'## Functions that rules and views are made of\n\n| function | what it does |\n|---|---|';
SELECT format('| `%s(%s)` | %s |', proname, identity, replace(comment, '|', '\|'))
  FROM own_function
 WHERE NOT main
 ORDER BY proname, identity;

SELECT E'\n## Views, tables and types\n\n'
    || 'Views of rules (`rule_*`) have the columns of type `advice`; what each says is in [rules.md](rules.md).';
SELECT format(E'\n### %s\n\n%s: %s\n\n| column | type | meaning |\n|---|---|---|\n%s',
              c.relname,
              CASE c.relkind WHEN 'v' THEN 'View' WHEN 'c' THEN 'Type' ELSE 'Table' END,
              coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')),
              string_agg(format('| `%s` | %s | %s |', a.attname,
                                format_type(a.atttypid, a.atttypmod),
                                replace(coalesce(col_description(c.oid, a.attnum), ''), '|', '\|')),
                         E'\n' ORDER BY a.attnum))
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'dbadvisor'::regnamespace
   AND c.relkind IN ('r', 'p', 'v', 'c')
   AND NOT c.relispartition
   AND NOT (c.relkind = 'v' AND c.relname LIKE 'rule\_%')
 GROUP BY c.oid, c.relname, c.relkind, c.reltype
 ORDER BY c.relkind <> 'v', c.relkind NOT IN ('r', 'p'), c.relname;
