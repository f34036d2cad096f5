-- Advice on a hot standby: what its background worker keeps in memory, since the
-- store cannot be written there.

CREATE OR REPLACE FUNCTION dbadvisor.standby_rule(
	rule text,
	OUT severity_rank integer,
	OUT item jsonb,
	OUT failed boolean)
RETURNS SETOF record
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH run AS MATERIALIZED (
		SELECT r.result,
			   r.rows
		  FROM dbadvisor.run_rule_safely(NULL, standby_rule.rule) r
	), told AS (
		SELECT DISTINCT ON (f.fingerprint)
			   a,
			   a.severity,
			   f.fingerprint
		  FROM run u
		 CROSS JOIN LATERAL pg_catalog.unnest(u.rows) a
		 CROSS JOIN LATERAL dbadvisor.fingerprint(a) f (fingerprint)
		 ORDER BY f.fingerprint,
			   a.benefit_ms_per_day DESC NULLS LAST
	)
	SELECT n.severity_rank,
		   n.item,
		   (u.result).status = 'failed'
	  FROM run u
	 CROSS JOIN LATERAL (
		SELECT NULL::integer,
			   pg_catalog.to_jsonb(u.result) - 'evidence' - 'run_id'
		 UNION ALL
		SELECT dbadvisor.severity_rank(t.severity),
			   pg_catalog.to_jsonb(t.a) || pg_catalog.jsonb_build_object('fingerprint', t.fingerprint)
		  FROM told t) n (severity_rank, item)
	 ORDER BY n.severity_rank DESC NULLS FIRST;
$$;
COMMENT ON FUNCTION dbadvisor.standby_rule(text) IS
'Run one rule without storing anything: first what became of it, then its advice, the most severe first, as a worker keeps them on a standby';

CREATE OR REPLACE FUNCTION dbadvisor.standby_items(
	OUT rule text,
	OUT severity_rank integer,
	OUT made_at timestamptz,
	OUT left_out integer,
	OUT item jsonb)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_standby_items';
COMMENT ON FUNCTION dbadvisor.standby_items() IS
'What the worker of this standby keeps of this database: advice with the rank of its severity, and for each rule what became of it (rank null) and how much of its advice had no room; no rows on a primary';

CREATE OR REPLACE FUNCTION dbadvisor.has_standby_advice()
RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_has_standby_advice';
COMMENT ON FUNCTION dbadvisor.has_standby_advice() IS
'Whether this is a standby whose worker has analysed this database';

-- Suppressions are those that the primary has sent, as they are now.
CREATE OR REPLACE FUNCTION dbadvisor.standby_findings()
RETURNS SETOF dbadvisor.finding
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH kept AS MATERIALIZED (
		SELECT k.item,
			   k.made_at,
			   k.item ->> 'fingerprint' AS fingerprint,
			   pg_catalog.row_number() OVER () AS place
		  FROM dbadvisor.standby_items() k
		 WHERE k.severity_rank IS NOT NULL
	), hidden AS (
		SELECT DISTINCT ON (s.place)
			   s.place,
			   s.reason,
			   s.until
		  FROM (SELECT pg_catalog.array_agg(pg_catalog.jsonb_populate_record(NULL::dbadvisor.advice, k.item) ORDER BY k.place),
					   pg_catalog.array_agg(k.fingerprint ORDER BY k.place)
				  FROM kept k) g (advice, fingerprints)
		 CROSS JOIN LATERAL dbadvisor.suppressions_of(g.advice, g.fingerprints) s
		 ORDER BY s.place,
			   s.until DESC NULLS FIRST,
			   s.reason
	)
	SELECT r.*
	  FROM kept k
	  LEFT JOIN hidden h ON h.place = k.place
	  LEFT JOIN dbadvisor.finding f ON f.fingerprint = k.fingerprint
	 CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(
				NULL::dbadvisor.finding,
				k.item || pg_catalog.jsonb_build_object(
							  'finding_id', f.finding_id,
							  'status', CASE WHEN h.place IS NULL THEN 'open' ELSE 'suppressed' END,
							  'stage', 'open',
							  'first_seen', LEAST(f.first_seen, k.made_at),
							  'last_seen', k.made_at,
							  'suppressed_reason', h.reason,
							  'suppressed_until', h.until)) r
	 ORDER BY k.place;
$$;
COMMENT ON FUNCTION dbadvisor.standby_findings() IS
'What the view dbadvisor.standby_finding shows';

REVOKE ALL ON FUNCTION dbadvisor.standby_rule(text),
	dbadvisor.standby_items(),
	dbadvisor.has_standby_advice(),
	dbadvisor.standby_findings()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.standby_items(),
	dbadvisor.has_standby_advice(),
	dbadvisor.standby_findings()
	TO dbadvisor_reader;
GRANT EXECUTE ON FUNCTION dbadvisor.standby_rule(text)
	TO dbadvisor_admin;
