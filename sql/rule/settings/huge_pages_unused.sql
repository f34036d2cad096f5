-- settings.huge_pages_unused: large shared memory in small pages
--
-- Fires from min_shared_bytes of shared_buffers on where no huge pages are used.
-- Before PostgreSQL 17 the server does not say: then what the machine has for it
-- decides.
SELECT dbadvisor.register_rule(
	rule => 'settings.huge_pages_unused',
	title => 'Large shared memory is mapped in small pages',
	why => 'Each session has a table of all small pages that it has touched: gigabytes for hundreds of sessions, and slower access.',
	severity => 'medium',
	thresholds => '{"min_shared_bytes": 8589934592}',
	doc => 'The server says itself how many it needs: shared_memory_size_in_huge_pages. They are set aside in the kernel of the machine, which a container cannot do: vm.nr_hugepages. Leave huge_pages at try; with on the server does not start without them.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_huge_pages_unused WITH (security_invoker = true) AS
WITH here AS MATERIALIZED (
	SELECT pg_catalog.current_setting('shared_memory_size_in_huge_pages')::bigint AS needed,
		   pg_catalog.current_setting('huge_pages') AS setting,
		   pg_catalog.current_setting('huge_pages_status', true) AS status,
		   dbadvisor.host_number('huge_pages_total') AS total,
		   dbadvisor.setting_bytes('shared_buffers') AS shared_bytes
)
SELECT a.*
  FROM here h
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.huge_pages_unused',
		   setting => 'huge_pages',
		   recommended => 'try',
		   title => pg_catalog.format('Give shared memory %s huge pages', h.needed),
		   detail => pg_catalog.format('shared_buffers are %s; the machine has %s huge pages and the server needs %s. On the machine, as root: sysctl -w vm.nr_hugepages=%s; then restart the server.',
									   pg_catalog.pg_size_pretty(h.shared_bytes::bigint), COALESCE(h.total::text, 'an unknown number of'), h.needed, pg_catalog.ceil(h.needed * 1.05)),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'shared_bytes', h.shared_bytes,
						   'pages_needed', h.needed,
						   'pages_of_the_machine', h.total,
						   'status', h.status,
						   'formula', 'shared_memory_size_in_huge_pages and a twentieth more',
						   'failure_prevented', 'memory that goes into page tables of each session')),
		   proof => 'catalog',
		   confidence => CASE WHEN h.status IS NULL THEN 0.7 ELSE 0.9 END,
		   always => true) a
 WHERE h.shared_bytes >= dbadvisor.threshold('settings.huge_pages_unused', 'min_shared_bytes')::double precision
   AND h.needed > 0
   AND COALESCE(h.status = 'off', h.setting = 'off' OR h.total < h.needed);
COMMENT ON VIEW dbadvisor.rule_settings_huge_pages_unused IS
'huge_pages, where shared memory is large and in small pages';

GRANT SELECT ON dbadvisor.rule_settings_huge_pages_unused TO dbadvisor_reader;
