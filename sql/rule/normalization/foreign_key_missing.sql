-- normalization.foreign_key_missing: a column that by use or name and by statistics holds keys of another table
--
-- Fires for a column that statements compare with a key of one column of another name,
-- or whose name ends in what such a key is called by others, with values within those of
-- the key, and not more of them, that is in no foreign key.  What
-- schema.foreign_key_missing tells by the name alone is not told again.
SELECT dbadvisor.register_rule(
	rule => 'normalization.foreign_key_missing',
	title => 'A column seems to hold the keys of another table without a foreign key',
	why => 'Without one, rows stay behind when their parent goes, and the planner does not know that there is exactly one.',
	severity => 'low',
	thresholds => '{"min_rows": 100, "min_distinct": 3, "min_name_score": 0.7}',
	doc => 'The precheck finds rows without a parent. dbadvisor.discover_inclusions() looks further and verifies all rows. Wrong where the other table is a copy that lags behind.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_foreign_key_missing
WITH (security_invoker = true) AS
WITH col AS MATERIALIZED (
	SELECT s.relid,
		   s.attnum,
		   s.schema_name,
		   s.table_name,
		   s.full_name,
		   s.column_name,
		   s.rows,
		   s.distinct_values,
		   dbadvisor.name_words(s.column_name) AS words,
		   CASE WHEN s.base_type IN (20, 21, 23) THEN 'integer'
				WHEN s.base_type IN (25, 1043) THEN 'text'
				WHEN s.base_type = 2950 THEN 'uuid' END AS family,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_constraint f
					WHERE f.conrelid = s.relid
					  AND f.contype = 'f'
					  AND s.attnum = ANY (f.conkey)) AS is_declared,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_index i
					WHERE i.indrelid = s.relid
					  AND i.indisunique
					  AND i.indisvalid
					  AND i.indimmediate
					  AND i.indnkeyatts = 1
					  AND i.indpred IS NULL
					  AND i.indkey[0] = s.attnum) AS is_key
	  FROM dbadvisor.user_column_statistics s
	 WHERE s.base_type IN (20, 21, 23, 25, 1043, 2950)
	   AND NOT s.is_generated
), called AS MATERIALIZED (
	SELECT DISTINCT k.relid, k.attnum, k.family, n.name
	  FROM col k
	 CROSS JOIN LATERAL (SELECT dbadvisor.name_singular(k.table_name) OFFSET 0) t (singular)
	 CROSS JOIN LATERAL (VALUES (t.singular || '_' || k.words), (t.singular), (NULLIF(k.words, 'id'))) n (name)
	 WHERE k.is_key
	   AND n.name IS NOT NULL
), ending AS MATERIALIZED (
	SELECT c.relid, c.attnum, c.family, pg_catalog.array_to_string(w.words[g.n:], '_') AS name
	  FROM col c
	 CROSS JOIN LATERAL pg_catalog.string_to_array(c.words, '_') w (words)
	 CROSS JOIN LATERAL pg_catalog.generate_series(1, pg_catalog.cardinality(w.words)) g (n)
	 WHERE NOT c.is_declared
	   AND NOT c.is_key
	   AND c.rows >= (SELECT dbadvisor.threshold('normalization.foreign_key_missing', 'min_rows'))
	   AND c.distinct_values >= (SELECT dbadvisor.threshold('normalization.foreign_key_missing', 'min_distinct'))
), joined AS MATERIALIZED (
	SELECT c.relid, c.attnum, k.relid AS key_relid, k.attnum AS key_attnum, pg_catalog.count(DISTINCT w.query) AS statements
	  FROM dbadvisor.workload_features() w
	 CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(w.features -> 'comparisons')
			   AS x (relid oid, attnum smallint, operator text, wrapped_in text, other_relid oid, other_attnum smallint)
	  JOIN col c ON (c.relid, c.attnum) = (x.relid, x.attnum)
	  JOIN col k ON (k.relid, k.attnum) = (x.other_relid, x.other_attnum)
	 WHERE x.operator = '='
	   AND x.wrapped_in IS NULL
	   AND (c.relid, c.attnum) IN (SELECT e.relid, e.attnum FROM ending e)
	   AND k.is_key
	   AND k.family = c.family
	   AND k.relid <> c.relid
	   -- columns of one name may both refer to a third table
	   AND k.words <> c.words
	 GROUP BY c.relid, c.attnum, k.relid, k.attnum
), pair AS MATERIALIZED (
	SELECT e.relid, e.attnum, n.relid AS key_relid, n.attnum AS key_attnum
	  FROM ending e
	  JOIN called n ON n.name = e.name AND n.family = e.family AND n.relid <> e.relid
	 UNION
	SELECT j.relid, j.attnum, j.key_relid, j.key_attnum
	  FROM joined j
), scored AS MATERIALIZED (
	SELECT c.*,
		   k.full_name AS parent_name,
		   k.column_name AS parent_column,
		   k.distinct_values AS parent_distinct,
		   n.name_score,
		   n.score,
		   j.statements,
		   pg_catalog.count(*) OVER (PARTITION BY c.relid, c.attnum, n.score) AS rivals,
		   pg_catalog.max(n.score) OVER (PARTITION BY c.relid, c.attnum) AS best
	  FROM pair p
	  JOIN col c ON (c.relid, c.attnum) = (p.relid, p.attnum)
	  JOIN col k ON (k.relid, k.attnum) = (p.key_relid, p.key_attnum) AND k.schema_name = c.schema_name
	  LEFT JOIN joined j ON (j.relid, j.attnum, j.key_relid, j.key_attnum) = (p.relid, p.attnum, p.key_relid, p.key_attnum)
	 CROSS JOIN LATERAL (
		SELECT r.name_score, r.name_score + CASE WHEN j.statements > 0 THEN 1 ELSE 0 END
		  FROM dbadvisor.reference_name_score(c.table_name::text, c.column_name::text, k.table_name::text, k.column_name::text) r (name_score)) n (name_score, score)
	 CROSS JOIN LATERAL dbadvisor.column_range(c.relid, CASE WHEN c.family = 'integer' THEN c.attnum END) cr
	 CROSS JOIN LATERAL dbadvisor.column_range(k.relid, CASE WHEN c.family = 'integer' AND k.family = 'integer' THEN k.attnum END) kr
	 WHERE n.score >= (SELECT dbadvisor.threshold('normalization.foreign_key_missing', 'min_name_score'))
	   -- an estimate
	   AND c.distinct_values <= 1.1 * k.distinct_values
	   -- the sample may lack a hundredth of the keys at either end
	   AND (c.family <> 'integer' OR (cr.low >= kr.low - 0.01 * (kr.high - kr.low) AND cr.high <= kr.high + 0.01 * (kr.high - kr.low)))
	   -- a reference to several tables
	   AND NOT EXISTS (SELECT
						 FROM col o
						WHERE o.relid = c.relid
						  AND c.words ~ '_id$'
						  AND o.words = pg_catalog.regexp_replace(c.words, '_id$', '_type'))
), told AS MATERIALIZED (
	SELECT m.relid,
		   m.object_name
	  FROM pg_catalog.unnest(dbadvisor.rule_advice(dbadvisor.rule_query('schema.foreign_key_missing'))) m
)
SELECT a.*
  FROM scored s
  JOIN dbadvisor.user_table t ON t.relid = s.relid
 CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(pg_catalog.left(s.table_name::text, 30) || '_' || pg_catalog.left(s.column_name::text, 25) || '_fkey')) k (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.foreign_key_missing',
		   relid => s.relid,
		   attnum => s.attnum,
		   title => pg_catalog.format('Let %I of %s refer to %s', s.column_name, s.full_name, s.parent_name),
		   detail => pg_catalog.format('%s, and its values lie within those of %I there, but no foreign key does.',
									   CASE WHEN s.statements > 0 THEN pg_catalog.format('Recorded statements that compare the two say so (%s)', s.statements) ELSE 'Its name says so' END,
									   s.parent_column),
		   evidence => pg_catalog.jsonb_build_object(
						   'parent', s.parent_name,
						   'parent_column', s.parent_column,
						   'distinct_values', pg_catalog.round(s.distinct_values),
						   'parent_distinct_values', pg_catalog.round(s.parent_distinct),
						   'name_score', s.name_score,
						   'statements', s.statements,
						   'table_rows', s.rows,
						   'confidence_reason', 'use by statements or name, type family, range and distinct values; the precheck reads all rows'),
		   confidence => CASE WHEN s.statements > 0 THEN 0.7 ELSE 0.5 END,
		   proof => 'heuristic',
		   precheck_sql => pg_catalog.format('SELECT 1 FROM %s c WHERE c.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %s p WHERE p.%I = c.%I) LIMIT 1',
											 s.full_name, s.column_name, s.parent_name, s.parent_column, s.column_name),
		   apply_sql => CASE t.relkind WHEN 'r'
						THEN pg_catalog.format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$s FOREIGN KEY (%3$I) REFERENCES %4$s (%5$I) NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$s',
											   s.full_name, k.name, s.column_name, s.parent_name, s.parent_column)
						END,
		   revert_sql => CASE t.relkind WHEN 'r' THEN pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %s', s.full_name, k.name) END,
		   impact => pg_catalog.format('Takes a SHARE ROW EXCLUSIVE lock on %s and %s for a moment; validating reads both while reads and writes go on.', s.full_name, s.parent_name)) a
 WHERE s.score = s.best
   AND s.rivals = 1
   AND NOT EXISTS (SELECT
					 FROM told m
					WHERE m.relid = s.relid
					  AND m.object_name = a.object_name);
COMMENT ON VIEW dbadvisor.rule_normalization_foreign_key_missing IS
'Rule normalization.foreign_key_missing: columns that by use or name and by statistics hold keys of another table without a foreign key';

GRANT SELECT ON dbadvisor.rule_normalization_foreign_key_missing TO dbadvisor_reader;
