-- recommend_partitioning(): which tables to partition and how, or why not.

-- What retention costs beside the statement itself: vacuuming a deleted row takes
-- 23 us, deleting and vacuuming it write 270 bytes of WAL (four indexes, measured
-- on PostgreSQL 15); dropping a partition writes as good as nothing.
CREATE OR REPLACE FUNCTION dbadvisor.retention_gain(expired_rows_per_day double precision)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.jsonb_build_object(
			   'expired_rows_per_day', pg_catalog.round(expired_rows_per_day::numeric),
			   'wal_bytes_per_day', pg_catalog.round((270 * expired_rows_per_day)::numeric),
			   'vacuum_ms_per_day', pg_catalog.round((0.023 * expired_rows_per_day)::numeric, 1));
$$;
COMMENT ON FUNCTION dbadvisor.retention_gain(double precision) IS
'What is saved per day when expired rows go with their partition: WAL and vacuuming; null where nobody counted the rows';

-- The statements of a table under one scheme, added up.  A statement that deletes
-- what the key has expired is not needed any more.  Where no time per day is
-- known, that of all calls tells the shares.
CREATE OR REPLACE FUNCTION dbadvisor.partition_price(
	relation regclass,
	key text,
	strategy text,
	"interval" text,
	partitions integer,
	expires boolean,
	sub_key text,
	sub_partitions integer,
	OUT total_ms double precision,
	OUT gain_ms double precision,
	OUT loss_ms double precision,
	OUT gain_ms_per_day double precision,
	OUT loss_ms_per_day double precision,
	OUT failing integer,
	OUT unpriced integer,
	OUT gains jsonb,
	OUT losses jsonb,
	OUT queryids bigint[])
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	WITH priced AS MATERIALIZED (
		SELECT p.*,
			   COALESCE(p.calls, 1) * p.ms_before AS ms,
			   e.is_expiry,
			   CASE
			   WHEN e.is_expiry THEN p.ms_before
			   ELSE p.ms_before - p.ms_after
			   END AS saved
		  FROM dbadvisor.what_if_partitioning(
				   partition_price.relation, partition_price.key, partition_price.strategy,
				   CASE WHEN partition_price.strategy = 'range' THEN partition_price."interval" END,
				   CASE WHEN partition_price.strategy = 'hash' THEN partition_price.partitions END,
				   partition_price.sub_key, partition_price.sub_partitions) p
		 CROSS JOIN LATERAL (
			SELECT partition_price.expires
				   AND p.deletes
				   AND p.partitions_left < p.partitions_total) e (is_expiry)
	), shown AS (
		SELECT p.*,
			   p.saved * p.ms_per_day / NULLIF(p.ms_before, 0) AS saved_per_day,
			   pg_catalog.jsonb_build_object(
				   'queryid', COALESCE(p.queryid, 0),
				   'calls', p.calls,
				   'cost_before', p.cost_before,
				   'cost_after', p.cost_after,
				   'ms_before', p.ms_before,
				   'ms_after', CASE WHEN p.is_expiry THEN 0 ELSE p.ms_after END,
				   'factor', pg_catalog.round((p.ms_after / NULLIF(p.ms_before, 0))::numeric, 2),
				   'partitions_left', p.partitions_left,
				   'replaced_by_drop', p.is_expiry,
				   'lookup_of', p.lookup_of,
				   'reason', p.reason) AS evidence
		  FROM priced p
	)
	SELECT pg_catalog.sum(s.ms),
		   COALESCE(pg_catalog.sum(s.saved * COALESCE(s.calls, 1)) FILTER (WHERE s.saved > 0), 0),
		   COALESCE(pg_catalog.sum(-s.saved * COALESCE(s.calls, 1)) FILTER (WHERE s.saved < 0), 0),
		   pg_catalog.sum(CASE WHEN s.saved_per_day > 0 THEN s.saved_per_day ELSE 0 * s.saved_per_day END),
		   pg_catalog.sum(CASE WHEN s.saved_per_day < 0 THEN -s.saved_per_day ELSE 0 * s.saved_per_day END),
		   pg_catalog.count(*) FILTER (WHERE s.loses AND s.cost_after IS NULL)::integer,
		   pg_catalog.count(*) FILTER (WHERE s.loses IS NULL)::integer,
		   COALESCE(pg_catalog.jsonb_agg(s.evidence ORDER BY s.saved * s.calls DESC NULLS LAST)
					FILTER (WHERE s.saved > 0.05 * s.ms_before), '[]'),
		   COALESCE(pg_catalog.jsonb_agg(s.evidence ORDER BY s.saved * s.calls)
					FILTER (WHERE s.loses AND NOT s.is_expiry), '[]'),
		   pg_catalog.array_agg(DISTINCT s.queryid) FILTER (WHERE s.queryid IS NOT NULL)
	  INTO total_ms, gain_ms, loss_ms, gain_ms_per_day, loss_ms_per_day, failing, unpriced, gains, losses, queryids
	  FROM shown s;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_price(regclass, text, text, text, integer, boolean, text, integer) IS
'What a scheme brings and takes over all recorded statements of the table, in ms of all counted calls and per day, with the statements that gain and those that lose';

-- Two levels are worth it only where one leaves partitions that are too large: by the
-- column that statements restrict most besides, into as many as are needed and as the
-- server can have, with ten values in each at least.
CREATE OR REPLACE FUNCTION dbadvisor.partition_second_level(
	relation regclass,
	key text,
	strategy text,
	"interval" text,
	partitions integer,
	bytes_per_day double precision,
	OUT sub_key text,
	OUT sub_partitions integer,
	OUT largest_bytes double precision)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most double precision := dbadvisor.threshold('partition.missing', 'max_partition_bytes', dbadvisor.relation_identity(relation));
	g record;
BEGIN
	SELECT * INTO g FROM dbadvisor.partition_growth(relation, NULL);
	largest_bytes := CASE
					 WHEN strategy = 'list'
					 THEN g.bytes * (SELECT pg_catalog.max(f)
									   FROM pg_catalog.pg_class c
									   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
									   JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = key AND NOT s.inherited
									  CROSS JOIN LATERAL pg_catalog.unnest(s.most_common_freqs) f
									  WHERE c.oid = relation)
					 WHEN strategy = 'range'
					 THEN GREATEST(g.bytes / partitions::double precision,
								   CASE WHEN "interval" ~ '[a-z]' THEN bytes_per_day * EXTRACT(epoch FROM "interval"::interval) / 86400 END)
					 END;
	IF largest_bytes IS NULL OR largest_bytes <= most THEN
		RETURN;
	END IF;
	sub_partitions := pg_catalog.power(2, LEAST(pg_catalog.ceil(pg_catalog.log(2, (largest_bytes / most)::numeric)),
												pg_catalog.floor(pg_catalog.log(2, dbadvisor.partition_limit(g.index_count)::numeric / partitions))));
	sub_key := (SELECT c.key
				  FROM dbadvisor.partition_candidates(relation) c
				 WHERE c.key <> partition_second_level.key
				   AND c.strategy <> 'range'
				   AND c.vetoes = '{}'
				   AND (SELECT r.distinct_values FROM dbadvisor.key_range(relation, c.key) r) >= 10 * partition_second_level.sub_partitions
				 ORDER BY c.score DESC
				 LIMIT 1);
	IF sub_partitions < 2 OR sub_key IS NULL THEN
		sub_key := NULL;
		sub_partitions := NULL;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_second_level(regclass, text, text, text, integer, double precision) IS
'The column by whose hash the partitions of a scheme would be cut again, and into how many each, where the largest of them has more than max_partition_bytes of partition.missing; null where one level does or no column serves';

-- A block range index needs no migration: what does it save of the time?
CREATE OR REPLACE FUNCTION dbadvisor.brin_gain(relation regclass, key text)
RETURNS double precision
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	RETURN (
		SELECT pg_catalog.sum(t.ms * (1 - w.cost_after / NULLIF(w.cost_before, 0)))
		  FROM dbadvisor.what_if_workload(ARRAY[pg_catalog.format('CREATE INDEX ON %s USING brin (%I)', dbadvisor.relation_identity(relation), key)]) w
		  JOIN (SELECT f.queryid, f.userid, f.query, COALESCE(f.total_ms, 0) AS ms
				  FROM dbadvisor.workload_features() f
				 WHERE relation = ANY (f.relations)) t
			ON t.userid = w.userid
		   AND t.query = w.query
		   AND COALESCE(t.queryid, 0) = COALESCE(w.queryid, 0)
		 WHERE w.cost_after < w.cost_before);
END;
$$;
COMMENT ON FUNCTION dbadvisor.brin_gain(regclass, text) IS
'Milliseconds of all counted calls that a BRIN index on a column would save, by the planner';

-- Why a table is worth a look at all; null where it is not.
CREATE OR REPLACE FUNCTION dbadvisor.partition_gate(relation regclass, expires boolean)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text := dbadvisor.relation_identity(relation);
	bytes bigint := (SELECT g.bytes FROM dbadvisor.partition_growth(relation, NULL) g);
	memory double precision := dbadvisor.host_number('memory');
BEGIN
	RETURN CASE
		   WHEN bytes >= dbadvisor.threshold('partition.missing', 'min_bytes', name)
		   THEN pg_catalog.format('it has %s with its indexes', pg_catalog.pg_size_pretty(bytes))
		   WHEN bytes >= dbadvisor.threshold('partition.missing', 'min_expiring_bytes', name)
				AND bytes >= dbadvisor.threshold('partition.missing', 'min_memory_share', name)::double precision * memory
		   THEN pg_catalog.format('it has %s with its indexes, a good part of the memory', pg_catalog.pg_size_pretty(bytes))
		   WHEN expires AND bytes >= dbadvisor.threshold('partition.missing', 'min_expiring_bytes', name)
		   THEN 'old rows are deleted by a range of the key'
		   END;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_gate(regclass, boolean) IS
'Why a table is large enough to think of partitions, by the thresholds of partition.missing; null where it is not';

CREATE OR REPLACE FUNCTION dbadvisor.can_create_shadow()
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT NOT pg_catalog.pg_is_in_recovery()
		   AND NOT pg_catalog.current_setting('transaction_read_only')::boolean;
$$;
COMMENT ON FUNCTION dbadvisor.can_create_shadow() IS
'Whether empty tables can be created and rolled back to ask the planner';

-- What speaks against a scheme that was priced.
CREATE OR REPLACE FUNCTION dbadvisor.partition_objections(
	relation regclass,
	key text,
	expires boolean,
	correlation double precision,
	total_ms double precision,
	gain_ms double precision,
	loss_ms double precision,
	failing integer,
	losers integer)
RETURNS text[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text := dbadvisor.relation_identity(relation);
	reasons text[] := '{}';
	brin double precision;
BEGIN
	IF failing > 0 THEN
		reasons := reasons || pg_catalog.format('%s statements would fail', failing);
	END IF;
	IF gain_ms - loss_ms < dbadvisor.threshold('partition.missing', 'min_saved_share', name)::double precision * total_ms THEN
		reasons := reasons || pg_catalog.format(
			'it would save %s %% of the time of the table''s statements and cost %s %%: indexes serve them already, or they read all partitions',
			pg_catalog.round((100 * gain_ms / total_ms)::numeric, 1), pg_catalog.round((100 * loss_ms / total_ms)::numeric, 1));
	END IF;
	IF loss_ms > dbadvisor.threshold('partition.missing', 'max_loss_of_gain', name)::double precision * gain_ms AND losers > 0 THEN
		reasons := reasons || pg_catalog.format('%s statements would take longer, by %s %% of what others gain', losers,
			COALESCE(pg_catalog.round((100 * loss_ms / NULLIF(gain_ms, 0))::numeric, 1)::text, 'more than 100'));
	END IF;
	IF reasons = '{}' AND NOT expires AND pg_catalog.abs(correlation) >= 0.95 THEN
		brin := dbadvisor.brin_gain(relation, key);
		IF brin >= dbadvisor.threshold('partition.missing', 'brin_share', name)::double precision * (gain_ms - loss_ms) THEN
			reasons := reasons || pg_catalog.format('a BRIN index on %I would save %s %% of that without a migration: rows lie in its order', key,
				pg_catalog.round((100 * brin / (gain_ms - loss_ms))::numeric));
		END IF;
	END IF;
	RETURN reasons;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_objections(regclass, text, boolean, double precision, double precision, double precision, double precision, integer, integer) IS
'Why not to partition a table in a way that was priced; empty where nothing speaks against it';

CREATE OR REPLACE FUNCTION dbadvisor.recommend_partitioning(
	relation regclass DEFAULT NULL,
	time_limit interval DEFAULT '30 s',
	OUT relid oid,
	OUT table_name text,
	OUT verdict text,
	OUT key text,
	OUT strategy text,
	OUT "interval" text,
	OUT partitions integer,
	OUT gain_ms_per_day double precision,
	OUT loss_ms_per_day double precision,
	OUT gain_share double precision,
	OUT loss_share double precision,
	OUT retention jsonb,
	OUT gains jsonb,
	OUT losses jsonb,
	OUT reasons text[],
	OUT notes text[],
	OUT proof text,
	OUT queryids bigint[],
	OUT use jsonb,
	OUT sub_key text,
	OUT sub_partitions integer)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	keys_tried constant integer := 2;
	deadline timestamptz := pg_catalog.clock_timestamp() + time_limit;
	c record;
	p record;
	two record;
	second record;
	gate text;
BEGIN
	FOR c IN
		SELECT k.*
		  FROM (SELECT n.*,
					   pg_catalog.row_number() OVER (PARTITION BY n.relid ORDER BY n.vetoes = '{}' DESC, n.score DESC) AS place
				  FROM dbadvisor.partition_candidates(recommend_partitioning.relation) n) k
		 WHERE k.place = 1
			OR k.place <= keys_tried AND k.vetoes = '{}'
		 ORDER BY k.relid, k.place
	LOOP
		CONTINUE WHEN c.relid = relid AND verdict = 'partition';
		gate := dbadvisor.partition_gate(c.relid, c.expires);
		CONTINUE WHEN gate IS NULL AND recommend_partitioning.relation IS NULL;
		relid := c.relid;
		table_name := c.table_name;
		key := c.key;
		strategy := c.strategy;
		"interval" := c."interval";
		partitions := c.partitions;
		notes := c.notes;
		use := c.use;
		gain_ms_per_day := NULL;
		loss_ms_per_day := NULL;
		gain_share := NULL;
		loss_share := NULL;
		gains := '[]';
		losses := '[]';
		queryids := NULL;
		sub_key := NULL;
		sub_partitions := NULL;
		proof := 'heuristic';
		retention := CASE WHEN c.expires THEN dbadvisor.retention_gain(c.expired_rows_per_day) END;
		reasons := c.vetoes
				   || CASE WHEN gate IS NULL THEN ARRAY['it is small: an index or the cache serves it'] ELSE '{}' END
				   || CASE WHEN c.strategy = 'range' AND c."interval" IS NULL THEN ARRAY['more partitions than the server should have'] ELSE '{}' END;
		IF reasons = '{}' AND dbadvisor.can_create_shadow() AND pg_catalog.clock_timestamp() < deadline THEN
			SELECT * INTO p
			  FROM dbadvisor.partition_price(c.relid, c.key, c.strategy, c."interval", c.partitions, c.expires, NULL, NULL);
			SELECT * INTO second
			  FROM dbadvisor.partition_second_level(c.relid, c.key, c.strategy, c."interval", c.partitions, (c.use ->> 'bytes_per_day')::double precision);
			IF second.sub_key IS NOT NULL AND pg_catalog.clock_timestamp() < deadline THEN
				SELECT * INTO two
				  FROM dbadvisor.partition_price(c.relid, c.key, c.strategy, c."interval", c.partitions, c.expires, second.sub_key, second.sub_partitions);
				IF two.gain_ms - two.loss_ms >= p.gain_ms - p.loss_ms - 0.01 * p.total_ms
				   AND dbadvisor.partition_objections(c.relid, c.key, c.expires, c.correlation, two.total_ms, two.gain_ms, two.loss_ms,
													  two.failing, pg_catalog.jsonb_array_length(two.losses)) = '{}' THEN
					p := two;
					sub_key := second.sub_key;
					sub_partitions := second.sub_partitions;
				END IF;
				notes := notes || pg_catalog.format(
					CASE
					WHEN sub_key IS NULL THEN 'the largest partition would take %s; cutting each by the hash of %I into %s was priced and costs more than it saves'
					ELSE 'the largest partition would take %s, so each is to be cut by the hash of %I into %s, for which unique keys need that column too; partition_script() makes one level only'
					END, pg_catalog.pg_size_pretty(second.largest_bytes::bigint), second.sub_key, second.sub_partitions);
			END IF;
			proof := 'planner';
			gain_ms_per_day := p.gain_ms_per_day;
			loss_ms_per_day := p.loss_ms_per_day;
			gain_share := p.gain_ms / NULLIF(p.total_ms, 0);
			loss_share := p.loss_ms / NULLIF(p.total_ms, 0);
			gains := p.gains;
			losses := p.losses;
			queryids := p.queryids;
			reasons := dbadvisor.partition_objections(c.relid, c.key, c.expires, c.correlation, p.total_ms, p.gain_ms, p.loss_ms,
													  p.failing, pg_catalog.jsonb_array_length(p.losses));
		END IF;
		verdict := CASE
				   WHEN reasons <> '{}' THEN 'leave'
				   WHEN proof = 'planner' THEN 'partition'
				   ELSE 'not priced'
				   END;
		reasons := CASE
				   WHEN verdict = 'partition' THEN ARRAY[gate]
				   WHEN verdict = 'not priced' AND dbadvisor.can_create_shadow() THEN ARRAY[gate, 'the time limit was over before it was priced']
				   WHEN verdict = 'not priced' THEN ARRAY[gate, 'nothing can be created here, so the planner was not asked']
				   ELSE reasons
				   END;
		RETURN NEXT;
	END LOOP;
	IF recommend_partitioning.relation IS NOT NULL AND NOT FOUND THEN
		relid := recommend_partitioning.relation;
		table_name := dbadvisor.relation_identity(relid);
		verdict := 'leave';
		proof := 'heuristic';
		gains := '[]';
		losses := '[]';
		reasons := ARRAY['no recorded statement restricts a column of it, or it is no plain table'];
		RETURN NEXT;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.recommend_partitioning(regclass, interval) IS
'For a table, or for all that are large enough: the best key to partition it by, or the two best where the first does not pay, and the verdict. "partition": the planner says that it pays, with the statements that gain and, as fully, those that lose (cost and ms per call before and after), what all of it is per day, and what retention by DROP saves; reasons says why it was looked at, notes what must be changed. "leave": reasons say why not. "not priced": on a standby, in a read-only transaction, or after time_limit, the statements speak for it, but the planner was not asked. sub_key and sub_partitions are a second level, by hash, where the partitions of one would be too large and it was priced too';

REVOKE ALL ON FUNCTION dbadvisor.retention_gain(double precision),
	dbadvisor.partition_price(regclass, text, text, text, integer, boolean, text, integer),
	dbadvisor.partition_second_level(regclass, text, text, text, integer, double precision),
	dbadvisor.brin_gain(regclass, text),
	dbadvisor.partition_gate(regclass, boolean),
	dbadvisor.can_create_shadow(),
	dbadvisor.partition_objections(regclass, text, boolean, double precision, double precision, double precision, double precision, integer, integer),
	dbadvisor.recommend_partitioning(regclass, interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.retention_gain(double precision),
	dbadvisor.partition_price(regclass, text, text, text, integer, boolean, text, integer),
	dbadvisor.partition_second_level(regclass, text, text, text, integer, double precision),
	dbadvisor.brin_gain(regclass, text),
	dbadvisor.partition_gate(regclass, boolean),
	dbadvisor.can_create_shadow(),
	dbadvisor.partition_objections(regclass, text, boolean, double precision, double precision, double precision, double precision, integer, integer),
	dbadvisor.recommend_partitioning(regclass, interval)
	TO dbadvisor_admin;
