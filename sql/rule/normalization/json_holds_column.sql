-- normalization.json_holds_column: a key that all documents have, and that the schema asks for
--
-- Fires for a jsonb column when min_present of the sampled documents have a key, all but
-- a few (max_other_type) with one scalar type, and an index, view or constraint asks for
-- that key: the names of other keys are data.  Fires as well, as "map", for a column
-- with min_map_keys keys of which none is in max_map_share of the documents.
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
		   s.rows
	  FROM dbadvisor.user_column_statistics s
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
), promoted AS (
	SELECT k.relid, k.attnum, k.full_name, k.column_name, k.rows, k.documents,
		   pg_catalog.string_agg(pg_catalog.quote_ident(k.key), ', ' ORDER BY k.key) AS names,
		   pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
			   'key', k.key, 'documents', k.present, 'type', k.main_type, 'asked_by', n.named_by) ORDER BY k.key) AS keys
	  FROM keys k
	 CROSS JOIN LATERAL dbadvisor.json_keys_named(k.relid, k.attnum, k.column_name::text) n
	 WHERE n.key = k.key
	   AND k.present >= (SELECT dbadvisor.threshold('normalization.json_holds_column', 'min_present')) * k.documents
	   AND k.of_main_type >= (1 - (SELECT dbadvisor.threshold('normalization.json_holds_column', 'max_other_type'))) * k.present
	   AND k.main_type IN ('string', 'number', 'boolean')
	 GROUP BY k.relid, k.attnum, k.full_name, k.column_name, k.rows, k.documents
), map AS (
	SELECT k.relid, k.attnum, k.full_name, k.column_name, k.rows, k.documents,
		   pg_catalog.count(*) AS key_count,
		   pg_catalog.max(k.present) AS most_present
	  FROM keys k
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
		   title => pg_catalog.format('Give %s of %I in %s columns', p.names, p.column_name, p.full_name),
		   detail => pg_catalog.format('Nearly all of %s sampled documents have it, with one type, and the schema asks for it.', p.documents),
		   evidence => pg_catalog.jsonb_build_object(
						   'keys', p.keys,
						   'documents', p.documents,
						   'table_rows', p.rows,
						   'confidence_reason', 'counted in a sample of blocks; the keys are named by the schema itself'),
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
