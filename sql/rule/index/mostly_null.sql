-- index.mostly_null: an index whose entries are mostly NULL
--
-- Fires for a B-tree on one column, of some size, of which the statistics say
-- that min_null_share is NULL, when no recorded statement gets more expensive by
-- max_cost_increase with an index on the rest of the rows instead.  Wrong when a
-- statement that was not recorded asks for IS NULL, or sorts all rows.
SELECT dbadvisor.register_rule(
	rule => 'index.mostly_null',
	title => 'An index is mostly made of NULLs',
	why => 'Comparing a column finds no NULL, so these entries take space and writes for nothing.',
	severity => 'low',
	thresholds => '{"min_null_share": 0.5, "min_size_bytes": 1048576, "max_cost_increase": 0.05, "time_limit_s": 10}',
	doc => 'The planner uses an index WHERE column IS NOT NULL for each comparison of the column, whatever the value. Foreign keys are served, too.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_mostly_null
WITH (security_invoker = true) AS
WITH large AS MATERIALIZED (
	SELECT u.indexrelid,
		   u.relid,
		   u.schema_name,
		   u.index_name,
		   u.full_name,
		   u.bytes,
		   a.attnum,
		   a.attname
	  FROM dbadvisor.user_index u
	  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = u.relid
	   AND a.attnum = i.indkey[0]
	 WHERE u.am = 'btree'
	   AND u.relkind = 'i'
	   AND u.is_usable
	   AND NOT u.is_unique
	   AND NOT u.is_attached
	   AND NOT u.is_temporary
	   AND NOT u.is_extension_member
	   AND NOT u.is_clustered
	   AND i.indnatts = 1
	   AND i.indpred IS NULL
	   AND u.bytes >= dbadvisor.threshold('index.mostly_null', 'min_size_bytes')
), candidate AS MATERIALIZED (
	SELECT l.indexrelid,
		   l.relid,
		   l.schema_name,
		   l.bytes,
		   s.null_frac,
		   pg_catalog.quote_ident(pg_catalog.left(l.index_name::text, 54) || '_notnull') AS new_name,
		   l.full_name AS index_name,
		   dbadvisor.relation_identity(l.relid) AS full_name,
		   pg_catalog.quote_ident(l.attname) AS column_name,
		   dbadvisor.index_definition(l.indexrelid) AS definition
	  FROM large l
	  JOIN dbadvisor.column_statistics s
		ON s.relid = l.relid
	   AND s.attnum = l.attnum
	   AND NOT s.inherited
	 WHERE s.null_frac >= dbadvisor.threshold('index.mostly_null', 'min_null_share')
), renamed AS MATERIALIZED (
	SELECT c.*,
		   'CREATE INDEX CONCURRENTLY ' || c.new_name
		   || pg_catalog.substr(c.definition, pg_catalog.strpos(c.definition, ' ON ' || c.full_name || ' USING '))
		   || pg_catalog.format(' WHERE %s IS NOT NULL', c.column_name) AS replacement
	  FROM candidate c
), proof AS MATERIALIZED (
	SELECT p.*
	  FROM (SELECT pg_catalog.array_agg(r.indexrelid ORDER BY r.indexrelid) AS indexes,
				   pg_catalog.array_agg(r.replacement ORDER BY r.indexrelid) AS definitions,
				   pg_catalog.array_agg(dbadvisor.threshold('index.mostly_null', 'max_cost_increase')::double precision) AS tolerances,
				   pg_catalog.array_agg(false) AS twins
			  FROM renamed r) q
	 CROSS JOIN LATERAL dbadvisor.prove_drops(
			   q.indexes, q.definitions, q.tolerances, q.twins,
			   pg_catalog.make_interval(secs => dbadvisor.threshold('index.mostly_null', 'time_limit_s')::double precision)) p
	 WHERE q.indexes IS NOT NULL
)
SELECT a.*
  FROM renamed r
  JOIN proof p ON p.indexrelid = r.indexrelid
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.mostly_null',
		   relid => r.indexrelid,
		   title => pg_catalog.format('Leave NULLs out of index %s', r.index_name),
		   detail => pg_catalog.format(
						 'Of %s %s %% are NULL; an index on the rest takes about %s less. The planner uses it for each comparison: no recorded statement gets more expensive with it.',
						 r.column_name, pg_catalog.round((r.null_frac * 100)::numeric),
						 pg_catalog.pg_size_pretty((r.bytes * r.null_frac)::bigint)),
		   evidence => pg_catalog.jsonb_build_object(
						   'null_share', r.null_frac,
						   'size_bytes', r.bytes,
						   'gates', p.gates,
						   'confidence_reason', 'recorded statements planned with the smaller index instead'),
		   benefit_bytes => (r.bytes * r.null_frac)::bigint,
		   confidence => 0.8,
		   proof => 'planner',
		   safety => 'reversible_slow',
		   apply_sql => pg_catalog.format(E'%s;\nDROP INDEX CONCURRENTLY %s', r.replacement, r.index_name),
		   revert_sql => pg_catalog.format(E'%s;\nDROP INDEX CONCURRENTLY IF EXISTS %I.%s', r.definition, r.schema_name, r.new_name),
		   impact => dbadvisor.create_index_impact('CREATE INDEX CONCURRENTLY ', (r.bytes * (1 - r.null_frac))::bigint, (dbadvisor.table_estimate(r.relid)).bytes, 1)) a
 WHERE p.passed IS TRUE
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', r.index_name, 'gates', p.gates))
		  FROM renamed r
		  JOIN proof p ON p.indexrelid = r.indexrelid
		 WHERE p.passed IS NOT TRUE) w (withheld)
 CROSS JOIN LATERAL dbadvisor.drop_note('index.mostly_null', w.withheld) n;
COMMENT ON VIEW dbadvisor.rule_index_mostly_null IS
'Indexes that are mostly made of NULLs, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_index_mostly_null TO dbadvisor_reader;
