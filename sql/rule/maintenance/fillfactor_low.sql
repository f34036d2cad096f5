-- maintenance.fillfactor_low: room for updates that do not come
--
-- Fires for a table of some size whose fill factor leaves more than a tenth of
-- each page free while its rows are hardly ever updated.  Wrong when the updates
-- are still to come.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.fillfactor_low',
	title => 'A fill factor leaves room for updates that do not come',
	why => 'The empty part of each page is read, cached and backed up.',
	severity => 'info',
	thresholds => '{"max_fillfactor": 89, "max_update_share": 0.01, "min_bytes": 104857600, "min_inserts": 10000}',
	doc => 'max_update_share is updates per inserted row. min_inserts is how many inserts the counters must have seen to judge.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_fillfactor_low WITH (security_invoker = true) AS
WITH filled AS MATERIALIZED (
	SELECT v.*
	  FROM dbadvisor.table_vacuum v
	 WHERE v.options ? 'fillfactor'
	   AND v.relkind = 'r'
	   AND v.rows_inserted > 0
)
SELECT a.*
  FROM filled v
 CROSS JOIN LATERAL (SELECT (v.options ->> 'fillfactor')::integer) f (fillfactor)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.fillfactor_low',
		   relid => v.relid,
		   title => pg_catalog.format('Fill the pages of %s, which is hardly updated', v.full_name),
		   detail => pg_catalog.format('Its fill factor is %s, but of %s rows inserted only %s were updated.', f.fillfactor, v.rows_inserted, v.rows_updated),
		   evidence => pg_catalog.jsonb_build_object('fillfactor', f.fillfactor, 'size_bytes', v.bytes, 'rows_inserted', v.rows_inserted, 'rows_updated', v.rows_updated),
		   benefit_bytes => (v.bytes * (100 - f.fillfactor) / 100)::bigint,
		   proof => 'counters',
		   confidence => 0.7,
		   evidence_since => dbadvisor.usage_since(),
		   apply_sql => pg_catalog.format('ALTER TABLE %s RESET (fillfactor)', v.full_name),
		   revert_sql => pg_catalog.format('ALTER TABLE %s SET (fillfactor = %s)', v.full_name, f.fillfactor),
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock for a moment. Pages that are there stay as they are until the table is written anew.') a
 WHERE f.fillfactor <= dbadvisor.threshold('maintenance.fillfactor_low', 'max_fillfactor', v.full_name)
   AND v.bytes >= dbadvisor.threshold('maintenance.fillfactor_low', 'min_bytes', v.full_name)
   AND v.rows_inserted >= dbadvisor.threshold('maintenance.fillfactor_low', 'min_inserts', v.full_name)
   AND v.rows_updated <= dbadvisor.threshold('maintenance.fillfactor_low', 'max_update_share', v.full_name) * v.rows_inserted;
COMMENT ON VIEW dbadvisor.rule_maintenance_fillfactor_low IS
'Tables whose fill factor leaves room for updates that do not come';

GRANT SELECT ON dbadvisor.rule_maintenance_fillfactor_low TO dbadvisor_reader;
