-- normalization.json_holds_column: a key that all documents have, and that somebody asks for
--
-- Fires for a jsonb column when min_present of the sampled documents have a key, all but
-- a few (max_other_type) with one scalar type, and an index, view or constraint asks for
-- that key, or a recorded statement for any key of the column.  What the schema does not
-- name may be data: such keys are counted.  Fires as well, as "map", for a column with
-- min_map_keys keys of which none is in max_map_share of the documents; not in audit
-- trails.
SELECT dbadvisor.register_rule(
	rule => 'normalization.json_holds_column',
	title => 'Documents hold what could be columns or rows',
	why => 'Within a document nothing guards type and presence, the planner has no statistics, and each read takes the whole document apart.',
	severity => 'low',
	thresholds => '{"min_rows": 1000, "min_documents": 100, "min_present": 0.95, "max_other_type": 0.01, "min_map_keys": 200, "max_map_share": 0.05}',
	doc => 'A generated column (GENERATED ALWAYS AS ((document ->> key)::type) STORED) needs no change of who writes, but rewrites the table; a plain column filled in batches does not. Documents whose keys are names or numbers of things are rows of a child table. Of documents larger than a page none is read. Wrong where the documents are kept as they came.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_json_holds_column
WITH (security_invoker = true) AS
WITH col AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   s.full_name,
		   s.column_name,
		   s.rows,
		   s.is_trail
	  FROM dbadvisor.every_column_statistics s
	 WHERE s.base_type = 'pg_catalog.jsonb'::pg_catalog.regtype
	   AND s.rows >= (SELECT dbadvisor.threshold('normalization.json_holds_column', 'min_rows'))
	   AND s.null_frac < 1
), keys AS MATERIALIZED (
	SELECT c.*,
		   k.key,
		   k.present,
		   k.main_type,
		   k.of_main_type,
		   k.documents
	  FROM col c
	 CROSS JOIN LATERAL dbadvisor.json_keys(c.relid, c.column_name::text) k
	 WHERE k.documents >= (SELECT dbadvisor.threshold('normalization.json_holds_column', 'min_documents'))
), asking AS MATERIALIZED (
	SELECT x.relid, x.attnum,
		   pg_catalog.count(DISTINCT w.query) AS statements
	  FROM dbadvisor.workload_features() w
	 CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(w.features -> 'documents') AS x (relid oid, attnum smallint)
	 GROUP BY x.relid, x.attnum
), promoted AS (
	SELECT k.relid, k.attnum, k.full_name, k.column_name, k.rows, k.documents,
		   a.statements,
		   pg_catalog.string_agg(pg_catalog.quote_ident(k.key), ', ' ORDER BY k.key) FILTER (WHERE s.shown) AS names,
		   pg_catalog.count(*) FILTER (WHERE NOT s.shown) AS unnamed,
		   pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
			   'key', CASE WHEN s.shown THEN k.key END, 'documents', k.present, 'type', k.main_type, 'asked_by', n.named_by)) ORDER BY k.key) AS keys
	  FROM keys k
	  LEFT JOIN asking a ON (a.relid, a.attnum) = (k.relid, k.attnum)
	  LEFT JOIN LATERAL dbadvisor.json_keys_named(k.relid, k.attnum, k.column_name::text) n ON n.key = k.key
	 CROSS JOIN LATERAL (SELECT n.key IS NOT NULL OR dbadvisor.include_values()) s (shown)
	 WHERE (n.key IS NOT NULL OR a.statements > 0)
	   AND k.present >= (SELECT dbadvisor.threshold('normalization.json_holds_column', 'min_present')) * k.documents
	   AND k.of_main_type >= (1 - (SELECT dbadvisor.threshold('normalization.json_holds_column', 'max_other_type'))) * k.present
	   AND k.main_type IN ('string', 'number', 'boolean')
	 GROUP BY k.relid, k.attnum, k.full_name, k.column_name, k.rows, k.documents, a.statements
), map AS (
	SELECT k.relid, k.attnum, k.full_name, k.column_name, k.rows, k.documents,
		   pg_catalog.count(*) AS key_count,
		   pg_catalog.max(k.present) AS most_present
	  FROM keys k
	 WHERE NOT k.is_trail
	 GROUP BY k.relid, k.attnum, k.full_name, k.column_name, k.rows, k.documents
	HAVING pg_catalog.count(*) >= (SELECT dbadvisor.threshold('normalization.json_holds_column', 'min_map_keys'))
	   AND pg_catalog.max(k.present) <= (SELECT dbadvisor.threshold('normalization.json_holds_column', 'max_map_share')) * k.documents
)
SELECT a.*
  FROM promoted p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.json_holds_column',
		   relid => p.relid,
		   attnum => p.attnum,
		   title => pg_catalog.format('Give %s of %I in %s columns',
									  pg_catalog.concat_ws(' and ', p.names,
														   CASE p.unnamed WHEN 0 THEN NULL WHEN 1 THEN '1 key' ELSE p.unnamed || ' keys' END),
									  p.column_name, p.full_name),
		   detail => pg_catalog.concat_ws(' ',
						 pg_catalog.format('Nearly all of %s sampled documents have this, with one type.', p.documents),
						 CASE WHEN p.names IS NOT NULL THEN 'The schema asks for what is named.' END,
						 CASE WHEN p.statements > 0 THEN pg_catalog.format('Recorded statements ask for keys of the column (%s).', p.statements) END,
						 CASE WHEN p.unnamed > 0 THEN pg_catalog.format('SELECT * FROM dbadvisor.json_keys(%L::regclass, %L) names the keys.', p.full_name, p.column_name) END),
		   evidence => pg_catalog.jsonb_build_object(
						   'keys', p.keys,
						   'documents', p.documents,
						   'statements', COALESCE(p.statements, 0),
						   'table_rows', p.rows,
						   'confidence_reason', 'counted in a sample of blocks; the schema or statements ask for keys'),
		   confidence => 0.7,
		   proof => 'sample') a
 UNION ALL
SELECT a.*
  FROM map m
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.json_holds_column',
		   relid => m.relid,
		   attnum => m.attnum,
		   variant => 'map',
		   title => pg_catalog.format('Look whether the keys of %I in %s are rows of another table', m.column_name, m.full_name),
		   detail => pg_catalog.format('%s sampled documents have %s different keys, and none of these is in more than %s of them.', m.documents, m.key_count, m.most_present),
		   evidence => pg_catalog.jsonb_build_object(
						   'documents', m.documents,
						   'different_keys', m.key_count,
						   'documents_with_the_most_frequent', m.most_present,
						   'table_rows', m.rows,
						   'confidence_reason', 'counted in a sample of blocks'),
		   confidence => 0.6,
		   proof => 'sample') a;
COMMENT ON VIEW dbadvisor.rule_normalization_json_holds_column IS
'Rule normalization.json_holds_column: keys of documents that could be columns, and documents that are maps';

GRANT SELECT ON dbadvisor.rule_normalization_json_holds_column TO dbadvisor_reader;
