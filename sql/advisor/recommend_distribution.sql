-- recommend_distribution(): by which key to distribute a database, or why not.

-- Schemas that no statement joins are several databases already.
CREATE OR REPLACE FUNCTION dbadvisor.independent_schemas(min_share double precision DEFAULT 0.1)
RETURNS name[]
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH relation AS MATERIALIZED (
		SELECT t.relid, t.schema_name, t.bytes
		  FROM dbadvisor.user_table t
		 WHERE t.relkind IN ('r', 'p')
		   AND NOT t.is_partition
	), large AS MATERIALIZED (
		SELECT r.schema_name
		  FROM relation r
		 GROUP BY r.schema_name
		HAVING pg_catalog.sum(r.bytes) >= min_share * (SELECT pg_catalog.sum(a.bytes) FROM relation a)
	), used AS MATERIALIZED (
		SELECT DISTINCT s.number, r.schema_name
		  FROM (SELECT pg_catalog.row_number() OVER () AS number, w.relations FROM dbadvisor.workload_features() w) s
		  JOIN relation r ON r.relid = ANY (s.relations)
	)
	SELECT pg_catalog.array_agg(l.schema_name ORDER BY l.schema_name)
	  FROM large l
	 WHERE l.schema_name IN (SELECT u.schema_name FROM used u)
	   AND NOT EXISTS (SELECT
						 FROM used u
						 JOIN used other ON other.number = u.number AND other.schema_name <> u.schema_name
						WHERE u.schema_name = l.schema_name
						  AND other.schema_name IN (SELECT x.schema_name FROM large x))
	HAVING pg_catalog.count(*) > 1;
$$;
COMMENT ON FUNCTION dbadvisor.independent_schemas(double precision) IS
'Schemas with at least this share of the bytes that statements use, but none together with another one of them; null for less than two';

-- What is cheaper than several machines, the cheapest first.
CREATE OR REPLACE FUNCTION dbadvisor.distribution_alternatives()
RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	cold_share CONSTANT double precision := 0.6;
	rule CONSTANT text := 'architecture.sharding_due';
	all_bytes bigint := (SELECT pg_catalog.sum(t.bytes) FROM dbadvisor.user_table t WHERE NOT t.is_partition AND t.relkind IN ('r', 'p'));
	write_share double precision := (SELECT (d.tup_inserted + d.tup_updated + d.tup_deleted)::double precision
											/ NULLIF(d.tup_fetched + d.tup_inserted + d.tup_updated + d.tup_deleted, 0)
									   FROM pg_catalog.pg_stat_database d
									  WHERE d.datname = pg_catalog.current_database());
	expiring record;
	schemas text;
BEGIN
	IF all_bytes < dbadvisor.threshold(rule, 'min_bytes') THEN
		RETURN NEXT pg_catalog.format('the tables have %s: one machine holds that, with indexes and memory that fit', pg_catalog.pg_size_pretty(COALESCE(all_bytes, 0)));
	END IF;
	IF write_share < dbadvisor.threshold(rule, 'min_write_share')::double precision THEN
		RETURN NEXT pg_catalog.format('only %s %% of the rows that it touches are written: standbys take the reads', pg_catalog.round((100 * write_share)::numeric));
	END IF;
	SELECT pg_catalog.string_agg(t.full_name, ', ' ORDER BY t.bytes DESC, t.full_name) AS names,
		   pg_catalog.sum(t.bytes) / NULLIF(all_bytes, 0) AS share
	  INTO expiring
	  FROM dbadvisor.user_table t
	 WHERE t.relkind = 'r'
	   AND NOT t.is_partition
	   AND t.relid IN (SELECT u.relid FROM dbadvisor.partition_key_use() u WHERE u.expires);
	IF expiring.share >= cold_share THEN
		RETURN NEXT pg_catalog.format('old rows of %s, with %s %% of the bytes, are deleted: partition by their time, and archive', expiring.names, pg_catalog.round(100 * expiring.share));
	END IF;
	schemas := (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(s), ', ') FROM pg_catalog.unnest(dbadvisor.independent_schemas()) s);
	IF schemas IS NOT NULL THEN
		RETURN NEXT pg_catalog.format('no statement joins the schemas %s: give each a database of its own', schemas);
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.distribution_alternatives() IS
'What to do before distributing this database, by its size, by what is written, by what is deleted again and by what is never joined; no row where nothing cheaper is left';

-- What other systems make of a value with very many rows: all of them are in one place.
CREATE OR REPLACE FUNCTION dbadvisor.hot_partition(relid oid, largest_share double precision)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.jsonb_build_object(
			   'rows', pg_catalog.round(l.rows::numeric),
			   'bytes', pg_catalog.round(l.bytes::numeric),
			   -- the sizes that their makers name: 100 MB and 100,000 values, 10 GB
			   'too_large_for_cassandra', l.rows > 100000 OR l.bytes > 100 * 1024 ^ 2,
			   'too_large_for_dynamodb', l.bytes > 10 * 1024 ^ 3)
	  FROM dbadvisor.user_table t
	 CROSS JOIN LATERAL (SELECT t.rows * hot_partition.largest_share, t.bytes * hot_partition.largest_share) l (rows, bytes)
	 WHERE t.relid = hot_partition.relid
	   AND hot_partition.largest_share IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.hot_partition(oid, double precision) IS
'Rows and bytes of a table that have the most common value of a key, and whether Cassandra and DynamoDB bear as many under one partition key';

CREATE OR REPLACE FUNCTION dbadvisor.distribution_changes(tables oid[], columns smallint[], other_tables oid[])
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(
		SELECT pg_catalog.format('%s: %s', dbadvisor.relation_identity(m.relid), r)
		  FROM ROWS FROM (pg_catalog.unnest(tables), pg_catalog.unnest(columns)) WITH ORDINALITY m (relid, attnum, place)
		 CROSS JOIN LATERAL dbadvisor.partition_key_obstacles(m.relid, m.attnum) o
		 CROSS JOIN LATERAL pg_catalog.unnest(o.vetoes || o.notes) WITH ORDINALITY u (r, number)
		 ORDER BY m.place, u.number)
		|| ARRAY(
		SELECT DISTINCT pg_catalog.format('%s: could get a copy of the key by its foreign key to %s', dbadvisor.relation_identity(k.relid), dbadvisor.relation_identity(k.referenced))
		  FROM dbadvisor.user_constraint k
		 WHERE k.contype = 'f'
		   AND k.relid = ANY (other_tables)
		   AND k.referenced = ANY (tables)
		 ORDER BY 1);
$$;
COMMENT ON FUNCTION dbadvisor.distribution_changes(oid[], smallint[], oid[]) IS
'What must be changed before tables are distributed by these columns, and which other tables could be';

CREATE OR REPLACE FUNCTION dbadvisor.distribution_objections(
	shards integer,
	distinct_values double precision,
	carried_share double precision,
	routed_share double precision,
	colocated_share double precision,
	skew double precision,
	largest_share double precision,
	is_updated boolean)
RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	values_per_shard CONSTANT integer := 10;	-- fewer fill shards by chance
	min_routed CONSTANT double precision := 0.8;	-- the guides of Citus say so
	min_colocated CONSTANT double precision := 0.9;
	max_skew CONSTANT double precision := 1.5;
BEGIN
	IF distinct_values < values_per_shard * shards THEN
		RETURN NEXT pg_catalog.format('it has %s values, too few for %s shards', pg_catalog.round(distinct_values::numeric), shards);
	ELSIF skew > max_skew THEN
		RETURN NEXT pg_catalog.format('the fullest of %s shards would have %s times the mean, as one value has %s %% of the rows: give that a place of its own',
									  shards, pg_catalog.round(skew::numeric, 1), pg_catalog.round((100 * largest_share)::numeric, 1));
	END IF;
	IF carried_share < dbadvisor.threshold('architecture.sharding_due', 'min_key_share')::double precision THEN
		RETURN NEXT pg_catalog.format('the tables that have it are only %s %% of the bytes', pg_catalog.round((100 * carried_share)::numeric));
	END IF;
	IF routed_share IS NULL THEN
		RETURN NEXT 'no recorded statement uses the tables';
	ELSIF routed_share < min_routed THEN
		RETURN NEXT pg_catalog.format('one shard would answer only %s %% of the calls', pg_catalog.round((100 * routed_share)::numeric));
	END IF;
	IF colocated_share < min_colocated THEN
		RETURN NEXT pg_catalog.format('only %s %% of the time of joins is spent on those by it', pg_catalog.round((100 * colocated_share)::numeric));
	END IF;
	IF is_updated THEN
		RETURN NEXT 'statements change it, which would move rows between machines';
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.distribution_objections(integer, double precision, double precision, double precision, double precision, double precision, double precision, boolean) IS
'Why not to distribute by a key; no row where nothing speaks against it';

CREATE OR REPLACE FUNCTION dbadvisor.recommend_distribution(
	shards integer DEFAULT 32,
	OUT verdict text,
	OUT key name,
	OUT tables text[],
	OUT reference_tables text[],
	OUT other_tables text[],
	OUT carried_share double precision,
	OUT routed_share double precision,
	OUT colocated_share double precision,
	OUT spread_share double precision,
	OUT skew double precision,
	OUT largest_share double precision,
	OUT hot_partition jsonb,
	OUT spread jsonb,
	OUT reasons text[],
	OUT changes text[],
	OUT score double precision)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	alternatives text[];
BEGIN
	IF shards NOT BETWEEN 2 AND 1024 THEN
		RAISE invalid_parameter_value
			USING MESSAGE = 'the number of shards must be between 2 and 1024';
	END IF;
	alternatives := ARRAY(SELECT a FROM dbadvisor.distribution_alternatives() a);
	RETURN QUERY
	SELECT CASE
		   WHEN o.objections <> '{}' THEN 'leave'
		   WHEN alternatives <> '{}' THEN 'not yet'
		   ELSE 'distribute'
		   END,
		   k.key,
		   ARRAY(SELECT dbadvisor.relation_identity(r) FROM pg_catalog.unnest(k.tables) WITH ORDINALITY u (r, place) ORDER BY u.place),
		   ARRAY(SELECT dbadvisor.relation_identity(r) FROM pg_catalog.unnest(k.reference_tables) WITH ORDINALITY u (r, place) ORDER BY u.place),
		   ARRAY(SELECT dbadvisor.relation_identity(r) FROM pg_catalog.unnest(k.other_tables) WITH ORDINALITY u (r, place) ORDER BY u.place),
		   k.carried_share,
		   k.routed_share,
		   k.colocated_share,
		   k.spread_share,
		   s.skew,
		   s.largest_share,
		   dbadvisor.hot_partition(k.tables[1], s.largest_share),
		   k.spread,
		   o.objections || CASE WHEN o.objections = '{}' THEN alternatives ELSE '{}' END,
		   dbadvisor.distribution_changes(k.tables, k.columns, k.other_tables),
		   COALESCE(k.routed_share, 0) * k.colocated_share * k.carried_share / GREATEST(1, COALESCE(s.skew, 1) - 0.5) AS score
	  FROM dbadvisor.distribution_keys() k
	 CROSS JOIN LATERAL dbadvisor.distribution_skew(k.tables[1], k.columns[1], shards) s
	 CROSS JOIN LATERAL (SELECT ARRAY(SELECT x FROM dbadvisor.distribution_objections(shards, s.distinct_values, k.carried_share, k.routed_share, k.colocated_share, s.skew, s.largest_share, k.is_updated) x)) o (objections)
	 ORDER BY o.objections <> '{}', 16 DESC, k.carried_share DESC NULLS LAST, k.key;
	IF NOT FOUND THEN
		verdict := 'leave';
		reasons := ARRAY['no column is in several tables that could be distributed by it'] || alternatives;
		RETURN NEXT;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.recommend_distribution(integer) IS
'Whether to distribute this database over several machines, with Citus or otherwise, and by which key; the best first. A row is a co-location group: tables have the key, largest first; every machine would hold reference_tables; other_tables stay on one. "distribute": the key carries the tables and the statements, and nothing cheaper is left. "not yet": reasons say what to do before, the cheapest first. "leave": reasons say what is wrong with the key. Shares are of bytes (carried), of calls that one shard answers (routed), of the time of joins within shards (colocated) and of the time of statements that ask several machines (spread_share, of which spread has the longest). skew is how full the fullest shard of the largest table is, in times of the mean; hot_partition what its most common value would be in systems that keep all rows of a key together. changes says what must be changed. Told from statements and catalog alone, so it works on a standby; tables that Citus has distributed already are left out';

REVOKE ALL ON FUNCTION dbadvisor.independent_schemas(double precision),
	dbadvisor.distribution_alternatives(),
	dbadvisor.hot_partition(oid, double precision),
	dbadvisor.distribution_changes(oid[], smallint[], oid[]),
	dbadvisor.distribution_objections(integer, double precision, double precision, double precision, double precision, double precision, double precision, boolean),
	dbadvisor.recommend_distribution(integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.independent_schemas(double precision),
	dbadvisor.distribution_alternatives(),
	dbadvisor.hot_partition(oid, double precision),
	dbadvisor.distribution_changes(oid[], smallint[], oid[]),
	dbadvisor.distribution_objections(integer, double precision, double precision, double precision, double precision, double precision, double precision, boolean),
	dbadvisor.recommend_distribution(integer)
	TO dbadvisor_admin;
