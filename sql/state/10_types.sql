-- Roles, and the shape of advice: what every rule and every advisor returns.

COMMENT ON SCHEMA dbadvisor IS
'dbadvisor: advice on indexes, schema and settings, proven by the planner';

-- Roles belong to the cluster: they are made when missing, shared by the
-- databases that have the extension, and outlive it.  Members of pg_monitor
-- become readers where the installing user may grant that.
DO $$
BEGIN
	IF pg_catalog.to_regrole('dbadvisor_reader') IS NULL THEN
		CREATE ROLE dbadvisor_reader NOLOGIN;
		COMMENT ON ROLE dbadvisor_reader IS 'may read the views of dbadvisor';
	END IF;
	IF pg_catalog.to_regrole('dbadvisor_admin') IS NULL THEN
		CREATE ROLE dbadvisor_admin NOLOGIN;
		COMMENT ON ROLE dbadvisor_admin IS 'may run analyses, suppress findings and set rules of dbadvisor';
	END IF;
	IF NOT pg_catalog.pg_has_role('dbadvisor_admin', 'dbadvisor_reader', 'MEMBER') THEN
		GRANT dbadvisor_reader TO dbadvisor_admin;
	END IF;
	BEGIN
		IF NOT pg_catalog.pg_has_role('pg_monitor', 'dbadvisor_reader', 'MEMBER') THEN
			GRANT dbadvisor_reader TO pg_monitor;
		END IF;
	EXCEPTION WHEN insufficient_privilege THEN
		RAISE NOTICE 'members of pg_monitor cannot read dbadvisor yet'
			USING HINT = 'Run GRANT dbadvisor_reader TO pg_monitor as a superuser.';
	END;
END
$$;

GRANT USAGE ON SCHEMA dbadvisor TO dbadvisor_reader;

CREATE TYPE dbadvisor.advice AS (
	rule text,
	object_type text,
	object_name text,
	relid oid,
	variant text,
	severity text,
	title text,
	detail text,
	evidence jsonb,
	queryids bigint[],
	benefit_ms_per_day double precision,
	benefit_bytes bigint,
	cost_bytes bigint,
	confidence double precision,
	proof text,
	evidence_since timestamptz,
	evidence_nodes text[],
	precheck_sql text,
	safety text,
	affected_count integer,
	depends_on text[],
	conflicts_with text[],
	contains_values boolean,
	apply_sql text,
	revert_sql text,
	impact text
);

COMMENT ON TYPE dbadvisor.advice IS
'One piece of advice, as rules and advisors return it; built by the function of the same name';
COMMENT ON COLUMN dbadvisor.advice.rule IS
'Rule or advisor that speaks: category.what_is_wrong';
COMMENT ON COLUMN dbadvisor.advice.object_type IS
'Kind of object, as pg_identify_object names it; "rule" where a rule speaks of its own run';
COMMENT ON COLUMN dbadvisor.advice.object_name IS
'Object, schema-qualified and quoted as pg_identify_object does';
COMMENT ON COLUMN dbadvisor.advice.relid IS
'Relation that the object is or belongs to; null where there is none';
COMMENT ON COLUMN dbadvisor.advice.variant IS
'Tells two findings of one rule on one object apart';
COMMENT ON COLUMN dbadvisor.advice.severity IS
'info, low, medium, high or critical';
COMMENT ON COLUMN dbadvisor.advice.title IS
'One line to act on';
COMMENT ON COLUMN dbadvisor.advice.detail IS
'Why, with the figures, in two or three sentences';
COMMENT ON COLUMN dbadvisor.advice.evidence IS
'Every figure used, units in the key names';
COMMENT ON COLUMN dbadvisor.advice.queryids IS
'Statements concerned, as pg_stat_statements numbers them';
COMMENT ON COLUMN dbadvisor.advice.benefit_ms_per_day IS
'Execution time it saves per day, ms; null when it cannot be known';
COMMENT ON COLUMN dbadvisor.advice.benefit_bytes IS
'Disk space it frees; null when it cannot be known';
COMMENT ON COLUMN dbadvisor.advice.cost_bytes IS
'Disk space it takes; null when it cannot be known';
COMMENT ON COLUMN dbadvisor.advice.confidence IS
'0 to 1; the reason is in the evidence';
COMMENT ON COLUMN dbadvisor.advice.proof IS
'How it is known: catalog, planner, counters, sample or heuristic';
COMMENT ON COLUMN dbadvisor.advice.evidence_since IS
'Start of the window that usage figures were collected in';
COMMENT ON COLUMN dbadvisor.advice.evidence_nodes IS
'Servers that usage figures come from; null for this one alone';
COMMENT ON COLUMN dbadvisor.advice.precheck_sql IS
'A SELECT that must return no row before applying';
COMMENT ON COLUMN dbadvisor.advice.safety IS
'reversible, reversible_slow or loses_data';
COMMENT ON COLUMN dbadvisor.advice.affected_count IS
'Objects rolled up into this row, such as the partitions of a table';
COMMENT ON COLUMN dbadvisor.advice.depends_on IS
'Fingerprints of findings to apply before this one';
COMMENT ON COLUMN dbadvisor.advice.conflicts_with IS
'Fingerprints of findings of which only one must be applied';
COMMENT ON COLUMN dbadvisor.advice.contains_values IS
'True when the full text of the advice holds data values, which dbadvisor.include_values shows or hides';
COMMENT ON COLUMN dbadvisor.advice.apply_sql IS
'Runnable as printed; null where it would show hidden values';
COMMENT ON COLUMN dbadvisor.advice.revert_sql IS
'Undoes apply_sql; runnable as printed';
COMMENT ON COLUMN dbadvisor.advice.impact IS
'What applying does: lock level, rewrite, duration';
