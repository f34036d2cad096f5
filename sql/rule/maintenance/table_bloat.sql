-- maintenance.table_bloat: a table that takes much more than its rows need
--
-- Fires for a table of which a sample of pages, read there and then, shows that
-- min_wasted_share of it and min_wasted_bytes would be gone if it were written
-- anew: the lower end of the confidence interval counts.  The prediction from
-- statistics only chooses where to look.  Space that the fill factor leaves free
-- is no waste.  Wrong when the table is about to fill up again.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.table_bloat',
	title => 'A table takes much more space than its rows need',
	why => 'Every sequential scan reads the empty space, the cache holds it, backups carry it.',
	severity => 'low',
	thresholds => '{"min_wasted_share": 0.4, "min_wasted_bytes": 104857600, "max_pages": 1000, "max_tables": 50}',
	doc => 'At most max_pages pages of at most max_tables tables are read, those first that statistics predict the most waste for. Medium from ten times min_wasted_bytes, high from a hundred times. What some transaction may still see is not counted as waste, but told. Partitions are rolled up into their table.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_table_bloat WITH (security_invoker = true) AS
WITH suspect AS MATERIALIZED (
	SELECT t.relid,
		   t.root,
		   t.full_name,
		   p.fresh_bytes AS predicted_bytes,
		   pg_catalog.row_number() OVER (ORDER BY c.relpages::bigint * b.size - COALESCE(p.fresh_bytes, 0) DESC, t.relid) AS place
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_class c ON c.oid = t.relid
	 CROSS JOIN LATERAL (SELECT pg_catalog.current_setting('block_size')::bigint) b (size)
	 CROSS JOIN LATERAL (
		SELECT CASE
			   WHEN c.relpages >= l.min_bytes / b.size THEN dbadvisor.predicted_table_size(t.relid)
			   END
		  FROM (SELECT dbadvisor.threshold('maintenance.table_bloat', 'min_wasted_bytes')) l (min_bytes)) p (fresh_bytes)
	 WHERE t.relkind IN ('r', 'm')
	   AND c.relpages * b.size >= dbadvisor.threshold('maintenance.table_bloat', 'min_wasted_bytes')
	   AND (p.fresh_bytes IS NULL
			OR c.relpages * b.size - p.fresh_bytes
			   >= dbadvisor.threshold('maintenance.table_bloat', 'min_wasted_bytes', t.full_name) / 2)
), measured AS MATERIALIZED (
	SELECT s.*,
		   m.*,
		   m.size_bytes - m.fresh_bytes_high AS wasted_bytes
	  FROM suspect s
	 CROSS JOIN LATERAL dbadvisor.page_sample(s.relid, dbadvisor.threshold('maintenance.table_bloat', 'max_pages', s.full_name)::integer) m
	 WHERE s.place <= dbadvisor.threshold('maintenance.table_bloat', 'max_tables')
), bloated AS (
	SELECT m.root,
		   dbadvisor.relation_identity(m.root) AS root_name,
		   pg_catalog.count(*)::integer AS tables,
		   pg_catalog.sum(m.size_bytes)::bigint AS size_bytes,
		   pg_catalog.sum(m.predicted_bytes)::bigint AS predicted_bytes,
		   pg_catalog.sum(m.fresh_bytes)::bigint AS fresh_bytes,
		   pg_catalog.sum(m.wasted_bytes)::bigint AS wasted_bytes,
		   pg_catalog.sum(m.dead_bytes)::bigint AS dead_bytes,
		   pg_catalog.sum(m.kept_bytes)::bigint AS kept_bytes,
		   pg_catalog.sum(m.free_bytes)::bigint AS free_bytes,
		   pg_catalog.sum(m.pages_sampled)::bigint AS pages_sampled,
		   pg_catalog.string_agg(pg_catalog.format('VACUUM (FULL, ANALYZE) %s', m.full_name), E';\n' ORDER BY m.full_name) AS apply_sql
	  FROM measured m
	 WHERE m.wasted_bytes >= dbadvisor.threshold('maintenance.table_bloat', 'min_wasted_bytes', m.full_name)
	   AND m.wasted_bytes >= dbadvisor.threshold('maintenance.table_bloat', 'min_wasted_share', m.full_name) * m.size_bytes
	 GROUP BY m.root
)
SELECT a.*
  FROM bloated b
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.table_bloat',
		   relid => b.root,
		   severity => CASE
					   WHEN b.wasted_bytes >= 100 * dbadvisor.threshold('maintenance.table_bloat', 'min_wasted_bytes', b.root_name) THEN 'high'
					   WHEN b.wasted_bytes >= 10 * dbadvisor.threshold('maintenance.table_bloat', 'min_wasted_bytes', b.root_name) THEN 'medium'
					   END,
		   title => pg_catalog.format('Write %s anew: %s %% of it is empty', b.root_name,
									  pg_catalog.round(100 * b.wasted_bytes::numeric / b.size_bytes)),
		   detail => pg_catalog.format('It takes %s; a sample of %s pages says that its rows need about %s.%s%s',
									   pg_catalog.pg_size_pretty(b.size_bytes),
									   b.pages_sampled,
									   pg_catalog.pg_size_pretty(b.fresh_bytes),
									   CASE WHEN b.dead_bytes > b.free_bytes THEN ' Most of the rest is dead rows: VACUUM makes their space usable first.' ELSE '' END,
									   CASE WHEN b.kept_bytes > 0 THEN pg_catalog.format(' Of it %s is dead, but some transaction may still see it; see maintenance.horizon_held.', pg_catalog.pg_size_pretty(b.kept_bytes)) ELSE '' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'size_bytes', b.size_bytes,
						   'estimated_fresh_bytes', b.predicted_bytes,
						   'measured_fresh_bytes', b.fresh_bytes,
						   'wasted_bytes_at_least', b.wasted_bytes,
						   'dead_bytes', b.dead_bytes,
						   'kept_bytes', b.kept_bytes,
						   'free_bytes', b.free_bytes,
						   'pages_sampled', b.pages_sampled,
						   'confidence_reason', 'measured on a random sample of pages; the lower end of the 95 % interval counts'),
		   benefit_bytes => b.wasted_bytes,
		   confidence => 0.95,
		   proof => 'sample',
		   affected_count => b.tables,
		   safety => 'reversible_slow',
		   apply_sql => b.apply_sql,
		   impact => pg_catalog.format('Takes an ACCESS EXCLUSIVE lock on the table while it is written anew, about %s and all its indexes: nobody reads or writes meanwhile. Cannot run inside a transaction block. pg_repack and pg_squeeze do the same with short locks.', pg_catalog.pg_size_pretty(b.fresh_bytes))) a
 UNION ALL
SELECT n.*
  FROM (SELECT (SELECT pg_catalog.count(*) FROM measured m WHERE m.problem IS NOT NULL) AS problems,
			   (SELECT pg_catalog.min(m.problem) FROM measured m) AS problem,
			   (SELECT pg_catalog.count(*) FROM suspect) - (SELECT pg_catalog.count(*) FROM measured) AS left_out) c
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'maintenance.table_bloat',
		   CASE WHEN c.problems + c.left_out > 0 THEN 'degraded' ELSE 'ok' END,
		   NULLIF(pg_catalog.concat_ws(
					  '; ',
					  CASE WHEN c.problems > 0 THEN pg_catalog.format('%s large tables could not be measured (%s)', c.problems, c.problem) END,
					  CASE WHEN c.left_out > 0 THEN pg_catalog.format('%s large tables were left out', c.left_out) END), '')) n;
COMMENT ON VIEW dbadvisor.rule_maintenance_table_bloat IS
'Tables that take much more than their rows need, measured on a sample of pages, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_table_bloat TO dbadvisor_reader;
