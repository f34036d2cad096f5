-- What keeps a table from being partitioned while reads and writes go on.

CREATE OR REPLACE FUNCTION dbadvisor.partition_obstacles(
	relation oid,
	attnum smallint,
	strategy text,
	recipe text)
RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT DISTINCT o.name
	  FROM (SELECT x.what
			  FROM pg_catalog.pg_class c
			  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = partition_obstacles.attnum
			 CROSS JOIN LATERAL (VALUES
					('it is no plain table', c.relkind <> 'r' OR c.relispartition OR c.relhassubclass
											 OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)),
					('it is temporary or unlogged', c.relpersistence <> 'p'),
					('it has a composite type', c.reloftype <> 0),
					('it has rules', c.relhasrules AND c.relkind = 'r'),
					('the key is a generated column', a.attgenerated <> ''),
					('the key is no number and no date or time, which ranges are made of',
					 strategy = 'range' AND a.atttypid NOT IN (20, 21, 23) AND dbadvisor.time_bound_format(a.atttypid) IS NULL),
					('only ranges can begin with the table as it is', recipe = 'attach' AND strategy <> 'range'),
					('it has no primary key that is checked at once', recipe = 'copy' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate)),
					('its policies bind its owner', c.relforcerowsecurity
													 AND (recipe = 'copy' OR EXISTS (SELECT FROM dbadvisor.partition_references(relation, attnum) r WHERE r.copy_column IS NOT NULL))),
					('an index is its replica identity', c.relreplident = 'i'),
					('it is the target of a subscription', EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s WHERE s.srrelid = c.oid))) x (what, is_there)
			 WHERE c.oid = relation
			   AND x.is_there
			 UNION ALL
			SELECT pg_catalog.format('constraint %I %s', k.conname,
									 CASE
									 WHEN k.contype = 'x' THEN 'excludes rows of all partitions'
									 WHEN k.connoinherit THEN 'is not inherited'
									 ELSE 'is not validated or not enforced'
									 END)
			  FROM pg_catalog.pg_constraint k
			 WHERE k.conrelid = relation
			   AND (k.contype = 'x'
					OR (k.contype = 'c' AND k.connoinherit)
					OR (k.contype IN ('c', 'f') AND NOT (k.convalidated AND COALESCE((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true)))
					OR COALESCE((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false))
			 UNION ALL
			SELECT pg_catalog.format('foreign key %s of %s %s', r.constraint_name, r.child_name, r.obstacle)
			  FROM dbadvisor.partition_references(relation, attnum) r
			 WHERE r.obstacle IS NOT NULL
			 UNION ALL
			SELECT pg_catalog.format('trigger %I has a transition table for each row', g.tgname)
			  FROM pg_catalog.pg_trigger g
			 WHERE g.tgrelid = relation
			   AND NOT g.tgisinternal
			   AND g.tgtype & 1 <> 0
			   AND (g.tgoldtable IS NOT NULL OR g.tgnewtable IS NOT NULL)
			 UNION ALL
			SELECT pg_catalog.format('%s %s reads it', CASE WHEN v.is_rule THEN 'a rule of' ELSE 'materialized view' END, v.view_name)
			  FROM dbadvisor.partition_views(relation) v
			 WHERE v.replace_sql IS NULL
			 UNION ALL
			SELECT pg_catalog.format('%s depends on it', (pg_catalog.pg_identify_object(d.classid, d.objid, 0)).identity)
			  FROM pg_catalog.pg_class c
			  JOIN pg_catalog.pg_type t ON t.oid = c.reltype
			  JOIN pg_catalog.pg_depend d
				ON (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
					AND d.refobjid = c.oid
					AND (d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
						 OR (d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
							 AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.oid = d.objid AND p.polrelid = c.oid))))
				OR (d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
					AND d.refobjid IN (t.oid, t.typarray)
					AND d.deptype = 'n')
			 WHERE c.oid = relation
			 UNION ALL
			SELECT pg_catalog.format('publication %I %s', p.publication,
									 CASE
									 WHEN p.has_other THEN 'has partitions of other tables by themselves, which would change'
									 ELSE 'would publish the copy as it is filled'
									 END)
			  FROM dbadvisor.partition_publications(relation) p
			 WHERE p.has_other
				OR (p.is_general AND recipe = 'copy')
			 UNION ALL
			SELECT pg_catalog.format('%s is there', n.name)
			  FROM (SELECT dbadvisor.sibling_name(relation, s)
					  FROM pg_catalog.unnest(ARRAY['parted', CASE recipe WHEN 'attach' THEN 'first' ELSE 'old' END]) s
					 UNION ALL
					SELECT k.wide_name
					  FROM dbadvisor.partition_keys(relation, attnum) k) n (name)
			 WHERE pg_catalog.to_regclass(n.name) IS NOT NULL) o (name)
	 ORDER BY 1;
$$;
COMMENT ON FUNCTION dbadvisor.partition_obstacles(oid, smallint, text, text) IS
'What keeps partition_script() from partitioning a table by a column; no row for nothing';

-- Keys lose their meaning of old when they are extended: that has to be agreed to.
CREATE OR REPLACE FUNCTION dbadvisor.partition_refuse(
	relation oid,
	attnum smallint,
	strategy text,
	recipe text,
	extend_keys text[])
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
	obstacles text := (SELECT pg_catalog.string_agg(o, '; ') FROM dbadvisor.partition_obstacles(relation, attnum, strategy, recipe) o);
	keys record;
BEGIN
	IF obstacles IS NOT NULL THEN
		RAISE feature_not_supported
			USING MESSAGE = pg_catalog.format('%s cannot be partitioned by %s beside reads and writes', dbadvisor.relation_identity(relation), dbadvisor.column_list(relation, ARRAY[attnum])),
				  DETAIL = pg_catalog.format('In the way: %s.', obstacles);
	END IF;
	SELECT pg_catalog.string_agg(k.extended_to, ', ') AS extended,
		   pg_catalog.string_agg(pg_catalog.format('(%s)', k.key_columns), ', ') AS columns,
		   pg_catalog.array_agg(k.key_name) AS names
	  INTO keys
	  FROM dbadvisor.partition_keys(relation, attnum) k
	 WHERE k.is_extended
	   AND NOT k.key_name = ANY (extend_keys);
	IF keys.names IS NOT NULL THEN
		RAISE feature_not_supported
			USING MESSAGE = pg_catalog.format('unique keys of %s do not contain %s', dbadvisor.relation_identity(relation), dbadvisor.column_list(relation, ARRAY[attnum])),
				  DETAIL = pg_catalog.format('They must be extended: %s. Rows with another partition key may then be alike in %s, which nothing notices.', keys.extended, keys.columns),
				  HINT = pg_catalog.format('To agree, pass extend_keys => %L. Where values come from a sequence, or uniqueness is guarded elsewhere, that is safe.', keys.names);
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_refuse(oid, smallint, text, text, text[]) IS
'Raises what keeps a table from being partitioned, or the unique keys that would have to be extended without having been agreed to';

REVOKE ALL ON FUNCTION dbadvisor.partition_obstacles(oid, smallint, text, text),
	dbadvisor.partition_refuse(oid, smallint, text, text, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_obstacles(oid, smallint, text, text),
	dbadvisor.partition_refuse(oid, smallint, text, text, text[])
	TO dbadvisor_reader;
