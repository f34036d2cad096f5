-- maintenance.hot_updates_low: updates that write every index
--
-- Fires for a table with min_updates updates of which fewer than min_hot_share
-- were HOT, that is, without new index entries.  Two things prevent it: an index
-- on a column that statements change, which is named with the statements, or a
-- page without room for the new row, which a lower fill factor gives.  The fill
-- factor is computed from the width of the rows.  Silent where
-- neither is so.  Wrong where the updates were a migration.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.hot_updates_low',
	title => 'Few updates of a table keep out of its indexes',
	why => 'Each update that is not HOT writes an entry into every index of the table, which VACUUM has to take out again.',
	severity => 'low',
	thresholds => '{"min_updates": 100000, "min_hot_share": 0.5, "min_fillfactor": 70}',
	doc => 'Medium where an index on a changed column blocks at least half of the updated rows of recorded statements. Which index is worth its price is for index.unused and for you: no statement is given to drop it. min_fillfactor is the lowest fill factor that is proposed.',
	shipped => true);

-- An index that only summarizes pages (BRIN) does not count from 16 on.
CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_hot_updates_low WITH (security_invoker = true) AS
WITH cold AS MATERIALIZED (
	SELECT v.*
	  FROM dbadvisor.table_vacuum v
	 WHERE v.rows_updated > v.rows_updated_hot
	   AND v.relkind = 'r'
	   AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = v.relid)
), low AS MATERIALIZED (
	SELECT v.*,
		   v.rows_updated_hot::double precision / v.rows_updated AS hot_share,
		   COALESCE((v.options ->> 'fillfactor')::integer, 100) AS fillfactor
	  FROM cold v
	 WHERE v.rows_updated >= dbadvisor.threshold('maintenance.hot_updates_low', 'min_updates', v.full_name)
	   AND v.rows_updated_hot < dbadvisor.threshold('maintenance.hot_updates_low', 'min_hot_share', v.full_name) * v.rows_updated
), change AS MATERIALIZED (
	SELECT u.*
	  FROM dbadvisor.updated_columns() u
	 WHERE (SELECT pg_catalog.count(*) FROM low) > 0
	   AND EXISTS (SELECT FROM low l WHERE u.relid IN (l.relid, l.root))
), blocking AS (
	SELECT l.relid,
		   dbadvisor.relation_identity(i.indexrelid) AS index_name,
		   pg_catalog.sum(COALESCE(c.rows, c.calls, 1)) AS rows,
		   pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(a.attname), ', ') AS columns
	  FROM low l
	  JOIN change c ON c.relid IN (l.relid, l.root)
	 CROSS JOIN LATERAL pg_catalog.unnest(c.columns) k (attnum)
	  JOIN pg_catalog.pg_attribute ra ON ra.attrelid = c.relid AND ra.attnum = k.attnum
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = l.relid AND a.attname = ra.attname
	  JOIN pg_catalog.pg_index i ON i.indrelid = l.relid
	  JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
	  JOIN pg_catalog.pg_am m ON m.oid = ic.relam
	 WHERE (a.attnum = ANY (i.indkey::smallint[])
			OR EXISTS (SELECT
						 FROM pg_catalog.pg_depend d
						WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
						  AND d.objid = i.indexrelid
						  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
						  AND d.refobjid = l.relid
						  AND d.refobjsubid = a.attnum))
	   AND (m.amname <> 'brin' OR pg_catalog.current_setting('server_version_num')::integer < 160000)
	 GROUP BY l.relid, i.indexrelid
), judged AS (
	SELECT l.*,
		   b.list AS indexes,
		   b.names,
		   b.worst / NULLIF(t.rows, 0) AS blocked_share,
		   GREATEST(100 - pg_catalog.ceil(GREATEST(200.0 * l.bytes / NULLIF(l.rows, 0) / pg_catalog.current_setting('block_size')::integer, 10)),
					dbadvisor.threshold('maintenance.hot_updates_low', 'min_fillfactor', l.full_name)::double precision)::integer AS new_fillfactor
	  FROM low l
	  LEFT JOIN (SELECT b.relid,
						pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', b.index_name, 'columns', b.columns, 'rows', b.rows) ORDER BY b.rows DESC, b.index_name) AS list,
						pg_catalog.string_agg(pg_catalog.format('%s (by %s)', b.index_name, b.columns), ', ' ORDER BY b.rows DESC, b.index_name) AS names,
						pg_catalog.max(b.rows) AS worst
				   FROM blocking b
				  GROUP BY b.relid) b ON b.relid = l.relid
	  LEFT JOIN LATERAL (
		SELECT pg_catalog.sum(COALESCE(c.rows, c.calls, 1))
		  FROM change c
		 WHERE c.relid IN (l.relid, l.root)) t (rows) ON true
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL (
	SELECT j.names IS NULL AND j.new_fillfactor < j.fillfactor) f (helps)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.hot_updates_low',
		   relid => j.relid,
		   severity => CASE WHEN j.blocked_share >= 0.5 THEN 'medium' END,
		   title => CASE
					WHEN f.helps THEN pg_catalog.format('Leave room for updates in the pages of %s', j.full_name)
					ELSE pg_catalog.format('Few updates of %s keep out of its indexes', j.full_name)
					END,
		   detail => pg_catalog.format('Only %s %% of %s updates were HOT. %s',
									   pg_catalog.round(100 * j.hot_share::numeric),
									   j.rows_updated,
									   CASE
									   WHEN j.names IS NOT NULL THEN pg_catalog.format('Recorded statements change columns of these indexes: %s.', j.names)
									   ELSE pg_catalog.format('No index on a column that recorded statements change is known, so room on the page is what lacks; two more rows fit at fill factor %s.', j.new_fillfactor)
									   END),
		   evidence => pg_catalog.jsonb_build_object(
						   'rows_updated', j.rows_updated,
						   'hot_share', pg_catalog.round(j.hot_share::numeric, 3),
						   'new_page_updates', (SELECT pg_catalog.to_jsonb(s) ->> 'n_tup_newpage_upd' FROM pg_catalog.pg_stat_all_tables s WHERE s.relid = j.relid),
						   'blocking_indexes', j.indexes,
						   'fillfactor', j.fillfactor,
						   'confidence_reason', 'only recorded statements are known, updates may come from elsewhere'),
		   queryids => (SELECT pg_catalog.array_agg(DISTINCT c.queryid ORDER BY c.queryid)
						  FROM change c
						 WHERE c.relid IN (j.relid, j.root)
						   AND c.queryid IS NOT NULL),
		   proof => 'counters',
		   confidence => 0.7,
		   evidence_since => dbadvisor.usage_since(),
		   apply_sql => CASE WHEN f.helps THEN pg_catalog.format('ALTER TABLE %s SET (fillfactor = %s)', j.full_name, j.new_fillfactor) END,
		   revert_sql => CASE
						 WHEN NOT f.helps THEN NULL
						 WHEN j.options ? 'fillfactor' THEN pg_catalog.format('ALTER TABLE %s SET (fillfactor = %s)', j.full_name, j.fillfactor)
						 ELSE pg_catalog.format('ALTER TABLE %s RESET (fillfactor)', j.full_name)
						 END,
		   impact => 'Takes a SHARE UPDATE EXCLUSIVE lock for a moment. Pages that are written from then on keep the room; those that are full get it as rows move away, or when the table is written anew.') a
 WHERE f.helps
	OR j.names IS NOT NULL;
COMMENT ON VIEW dbadvisor.rule_maintenance_hot_updates_low IS
'Tables whose updates write every index, and why';

REVOKE ALL ON dbadvisor.rule_maintenance_hot_updates_low FROM PUBLIC;
GRANT SELECT ON dbadvisor.rule_maintenance_hot_updates_low TO dbadvisor_reader;
