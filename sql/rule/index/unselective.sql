-- index.unselective: an index on a column of few, common values
--
-- Fires for an index on one column, of some size, whose values all have at least
-- min_value_share of the rows by the statistics, when the planner does not need
-- it for any recorded statement or foreign key.  A rare value makes the rule
-- silent: looking for it is what such an index is for.  Wrong when a statement
-- that was not recorded reads the index alone.
SELECT dbadvisor.register_rule(
	rule => 'index.unselective',
	title => 'An index distinguishes few and common values only',
	why => 'To read a tenth of a table or more through an index takes longer than to read it all.',
	severity => 'low',
	thresholds => '{"min_value_share": 0.1, "min_size_bytes": 1048576, "max_cost_increase": 0.01, "time_limit_s": 10}',
	doc => 'Among them are most indexes on Boolean columns. Partial indexes and such with more columns are left to index.redundant and index.unused.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_index_unselective
WITH (security_invoker = true) AS
WITH large AS MATERIALIZED (
	SELECT u.indexrelid,
		   u.relid,
		   u.relkind,
		   u.full_name,
		   u.bytes,
		   a.attnum,
		   a.attname
	  FROM dbadvisor.user_index u
	  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = u.relid
	   AND a.attnum = i.indkey[0]
	 WHERE u.am IN ('btree', 'hash')
	   AND u.is_usable
	   AND NOT u.is_unique
	   AND NOT u.is_attached
	   AND NOT u.is_temporary
	   AND NOT u.is_extension_member
	   AND NOT u.is_clustered
	   AND i.indnatts = 1
	   AND i.indpred IS NULL
	   AND u.bytes >= dbadvisor.threshold('index.unselective', 'min_size_bytes')
), candidate AS MATERIALIZED (
	SELECT l.indexrelid,
		   l.bytes,
		   s.n_distinct,
		   rare.share,
		   l.full_name AS index_name,
		   pg_catalog.quote_ident(l.attname) AS column_name
	  FROM large l
	  JOIN dbadvisor.column_statistics s
		ON s.relid = l.relid
	   AND s.attnum = l.attnum
	   AND s.inherited = (l.relkind = 'I')
	 CROSS JOIN LATERAL (
		SELECT LEAST(pg_catalog.min(f.share), NULLIF(s.null_frac, 0)),
			   pg_catalog.sum(f.share) + s.null_frac,
			   pg_catalog.count(*)
		  FROM pg_catalog.unnest(s.common_shares) f (share)) rare (share, total, values)
	 WHERE s.n_distinct = rare.values
	   AND rare.total >= 0.9999
	   AND rare.share >= dbadvisor.threshold('index.unselective', 'min_value_share')
), proof AS MATERIALIZED (
	SELECT p.*
	  FROM (SELECT pg_catalog.array_agg(c.indexrelid ORDER BY c.indexrelid) AS indexes,
				   pg_catalog.array_agg(NULL::text) AS definitions,
				   pg_catalog.array_agg(dbadvisor.threshold('index.unselective', 'max_cost_increase')::double precision) AS tolerances,
				   pg_catalog.array_agg(false) AS twins
			  FROM candidate c) q
	 CROSS JOIN LATERAL dbadvisor.prove_drops(
			   q.indexes, q.definitions, q.tolerances, q.twins,
			   pg_catalog.make_interval(secs => dbadvisor.threshold('index.unselective', 'time_limit_s')::double precision)) p
	 WHERE q.indexes IS NOT NULL
)
SELECT a.*
  FROM candidate c
  JOIN proof p ON p.indexrelid = c.indexrelid
 CROSS JOIN LATERAL dbadvisor.drop_advice(
		   rule => 'index.unselective',
		   indexrelid => c.indexrelid,
		   title => pg_catalog.format('Drop index %s: each of its values is common', c.index_name),
		   detail => pg_catalog.format(
						 'Column %s has %s different values, the rarest with %s %% of the rows. None of the %s recorded statements that touch the table gets more expensive without the index, which takes %s.',
						 c.column_name, c.n_distinct, pg_catalog.round((c.share * 100)::numeric),
						 p.gates #>> '{planner,statements}', pg_catalog.pg_size_pretty(c.bytes)),
		   evidence => pg_catalog.jsonb_build_object(
						   'distinct_values', c.n_distinct,
						   'rarest_share', c.share,
						   'gates', p.gates,
						   'confidence_reason', 'recorded statements planned without it'),
		   proof => 'planner',
		   confidence => 0.7) a
 WHERE p.passed IS TRUE
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', c.index_name, 'gates', p.gates))
		  FROM candidate c
		  JOIN proof p ON p.indexrelid = c.indexrelid
		 WHERE p.passed IS NOT TRUE) w (withheld)
 CROSS JOIN LATERAL dbadvisor.drop_note('index.unselective', w.withheld) n;
COMMENT ON VIEW dbadvisor.rule_index_unselective IS
'Indexes on columns of few and common values, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_index_unselective TO dbadvisor_reader;
