-- The store: rules and their settings, findings and their life, suppressions,
-- and the record of every analysis.
--
-- What the user has made or could not make again survives pg_dump: own rules,
-- settings, suppressions, findings with their history.  A finding is known by
-- its fingerprint and its relation by name, for OIDs change on the way.

CREATE TABLE dbadvisor.rule (
	rule text PRIMARY KEY
		CHECK (rule ~ '^[a-z]+\.[a-z][a-z0-9_]*$'),
	category text NOT NULL
		GENERATED ALWAYS AS (pg_catalog.split_part(rule, '.', 1)) STORED
		CHECK (category IN ('index', 'statistics', 'query', 'schema',
							'normalization', 'partition', 'replication',
							'settings', 'maintenance', 'security',
							'architecture')),
	title text NOT NULL,
	why text NOT NULL,
	severity text NOT NULL
		CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
	thresholds jsonb NOT NULL DEFAULT '{}'
		CHECK (pg_catalog.jsonb_typeof(thresholds) = 'object'),
	min_version integer,
	doc text,
	source text NOT NULL DEFAULT 'view',
	enabled boolean NOT NULL DEFAULT true,
	shipped boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE dbadvisor.rule IS
'Registry of rules; filled by dbadvisor.register_rule()';
COMMENT ON COLUMN dbadvisor.rule.rule IS
'Name: category.what_is_wrong';
COMMENT ON COLUMN dbadvisor.rule.category IS
'What analyze() selects by; the first half of the name';
COMMENT ON COLUMN dbadvisor.rule.title IS
'What the rule looks for, in one line';
COMMENT ON COLUMN dbadvisor.rule.why IS
'Why it matters';
COMMENT ON COLUMN dbadvisor.rule.severity IS
'Severity of its findings where the rule does not scale it';
COMMENT ON COLUMN dbadvisor.rule.thresholds IS
'Default thresholds by name; dbadvisor.rule_setting overrides them';
COMMENT ON COLUMN dbadvisor.rule.min_version IS
'Lowest server_version_num it works on; null for all';
COMMENT ON COLUMN dbadvisor.rule.doc IS
'Where it is wrong, what else to know';
COMMENT ON COLUMN dbadvisor.rule.source IS
'"view" for dbadvisor.rule_<category>_<name>, or the signature of a function of schema dbadvisor that returns advice and can be called without arguments, or the qualified name of a view with the columns of advice whose owner may act as who runs the analysis';
COMMENT ON COLUMN dbadvisor.rule.enabled IS
'False for matters of taste, which wait to be switched on';
COMMENT ON COLUMN dbadvisor.rule.shipped IS
'True for rules of the extension, which pg_dump leaves out';

CREATE TABLE dbadvisor.rule_setting (
	rule text NOT NULL,
	object_pattern text NOT NULL DEFAULT '*',
	enabled boolean,
	severity text
		CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
	thresholds jsonb NOT NULL DEFAULT '{}'
		CHECK (pg_catalog.jsonb_typeof(thresholds) = 'object'),
	PRIMARY KEY (rule, object_pattern)
);
COMMENT ON TABLE dbadvisor.rule_setting IS
'Overrides of the registry per rule and object; set by dbadvisor.set_rule()';
COMMENT ON COLUMN dbadvisor.rule_setting.rule IS
'Rule; without a foreign key, so that a dump restores under a version that has dropped it';
COMMENT ON COLUMN dbadvisor.rule_setting.object_pattern IS
'Objects by name, * and ? as wildcards; the longest pattern that matches wins';
COMMENT ON COLUMN dbadvisor.rule_setting.enabled IS
'Null leaves it as it is';
COMMENT ON COLUMN dbadvisor.rule_setting.severity IS
'Null leaves it as it is';
COMMENT ON COLUMN dbadvisor.rule_setting.thresholds IS
'Thresholds by name; those not named stay as they are';

CREATE TABLE dbadvisor.run (
	run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	finished_at timestamptz,
	categories text[] NOT NULL,
	run_by text NOT NULL DEFAULT CURRENT_USER,
	server_version_num integer NOT NULL
		DEFAULT pg_catalog.current_setting('server_version_num')::integer,
	xact xid8 DEFAULT pg_catalog.pg_current_xact_id()
);
COMMENT ON TABLE dbadvisor.run IS
'One row per analysis';
COMMENT ON COLUMN dbadvisor.run.run_id IS
'Number of the analysis, as analyze() returns it';
COMMENT ON COLUMN dbadvisor.run.started_at IS
'Start of the analysis';
COMMENT ON COLUMN dbadvisor.run.finished_at IS
'End of the analysis';
COMMENT ON COLUMN dbadvisor.run.categories IS
'Scope: categories whose rules were run';
COMMENT ON COLUMN dbadvisor.run.run_by IS
'Role that ran it';
COMMENT ON COLUMN dbadvisor.run.server_version_num IS
'Version of the server at the time';
COMMENT ON COLUMN dbadvisor.run.xact IS
'Transaction of the analysis: an index that an older transaction has created was there at started_at';

CREATE TABLE dbadvisor.rule_run (
	run_id bigint NOT NULL REFERENCES dbadvisor.run ON DELETE CASCADE,
	rule text NOT NULL,
	status text NOT NULL
		CHECK (status IN ('ok', 'skipped', 'degraded', 'failed')),
	reason text
		CHECK (reason IS NOT NULL OR status = 'ok'),
	notes text[] NOT NULL DEFAULT '{}',
	advice_count integer NOT NULL DEFAULT 0,
	started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	elapsed_ms double precision NOT NULL DEFAULT 0,
	evidence jsonb,
	PRIMARY KEY (run_id, rule)
);
COMMENT ON TABLE dbadvisor.rule_run IS
'What became of each rule in each analysis, so that the absence of a finding can be read';
COMMENT ON COLUMN dbadvisor.rule_run.run_id IS
'Analysis';
COMMENT ON COLUMN dbadvisor.rule_run.rule IS
'Rule; without a foreign key, since a run outlives the rules of its time';
COMMENT ON COLUMN dbadvisor.rule_run.status IS
'ok: looked everywhere; degraded: looked, but not everywhere; skipped: did not look; failed: with an error';
COMMENT ON COLUMN dbadvisor.rule_run.reason IS
'Why the status is not ok';
COMMENT ON COLUMN dbadvisor.rule_run.notes IS
'What else to know of this run, such as comments that could not be read';
COMMENT ON COLUMN dbadvisor.rule_run.advice_count IS
'Rows of advice';
COMMENT ON COLUMN dbadvisor.rule_run.started_at IS
'Start of the rule';
COMMENT ON COLUMN dbadvisor.rule_run.elapsed_ms IS
'Time that the rule took, ms';
COMMENT ON COLUMN dbadvisor.rule_run.evidence IS
'Figures of the rule on its own run, units in the key names';

CREATE TABLE dbadvisor.finding (
	LIKE dbadvisor.advice INCLUDING COMMENTS,
	finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	fingerprint text NOT NULL UNIQUE
		CHECK (fingerprint ~ '^[0-9a-f]{32}$'),
	status text NOT NULL
		GENERATED ALWAYS AS (CASE
							 WHEN suppressed_reason IS NULL THEN stage
							 ELSE 'suppressed'
							 END) STORED,
	stage text NOT NULL DEFAULT 'open'
		CHECK (stage IN ('open', 'applied', 'verified', 'regressed',
						 'resolved')),
	first_seen timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
	last_seen timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
	run_id bigint NOT NULL,
	applied_at timestamptz,
	resolved_at timestamptz,
	suppressed_reason text,
	suppressed_until timestamptz,
	relation_name text[],
	CONSTRAINT finding_severity_is_known
		CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
	CONSTRAINT finding_proof_is_known
		CHECK (proof IN ('catalog', 'planner', 'counters', 'sample',
						 'heuristic')),
	CONSTRAINT finding_heuristic_is_at_most_medium
		CHECK (proof <> 'heuristic' OR severity IN ('info', 'low', 'medium')),
	CONSTRAINT finding_safety_is_known
		CHECK (safety IN ('reversible', 'reversible_slow', 'loses_data')),
	CONSTRAINT finding_confidence_is_a_share
		CHECK (confidence BETWEEN 0 AND 1),
	CONSTRAINT finding_applied_has_time
		CHECK ((stage IN ('applied', 'verified', 'regressed')) =
			   (applied_at IS NOT NULL)),
	CONSTRAINT finding_resolved_has_time
		CHECK ((stage = 'resolved') = (resolved_at IS NOT NULL))
);
ALTER TABLE dbadvisor.finding
	ALTER COLUMN rule SET NOT NULL,
	ALTER COLUMN object_type SET NOT NULL,
	ALTER COLUMN object_name SET NOT NULL,
	ALTER COLUMN severity SET NOT NULL,
	ALTER COLUMN title SET NOT NULL,
	ALTER COLUMN proof SET NOT NULL,
	ALTER COLUMN contains_values SET NOT NULL;
CREATE INDEX ON dbadvisor.finding (rule, stage);
COMMENT ON TABLE dbadvisor.finding IS
'Advice given so far, one row per fingerprint, with its life';
COMMENT ON COLUMN dbadvisor.finding.finding_id IS
'Number to name it by';
COMMENT ON COLUMN dbadvisor.finding.fingerprint IS
'Hash of rule, object name and variant: the same in every run, also after dump and restore';
COMMENT ON COLUMN dbadvisor.finding.status IS
'open, applied, verified, regressed, resolved, or suppressed on top of any of these';
COMMENT ON COLUMN dbadvisor.finding.stage IS
'Status without regard to suppression; changes as dbadvisor.stage_follows() allows';
COMMENT ON COLUMN dbadvisor.finding.first_seen IS
'First analysis that reported it';
COMMENT ON COLUMN dbadvisor.finding.last_seen IS
'Latest analysis that reported it';
COMMENT ON COLUMN dbadvisor.finding.run_id IS
'Latest analysis that reported it';
COMMENT ON COLUMN dbadvisor.finding.applied_at IS
'When it was recognised as applied';
COMMENT ON COLUMN dbadvisor.finding.resolved_at IS
'When it was found to be gone by itself';
COMMENT ON COLUMN dbadvisor.finding.suppressed_reason IS
'Why it is suppressed; null when it is not';
COMMENT ON COLUMN dbadvisor.finding.suppressed_until IS
'End of the suppression; null for good';
COMMENT ON COLUMN dbadvisor.finding.relation_name IS
'Schema and name of relid, which finds it again after dump and restore';

CREATE TABLE dbadvisor.suppression (
	suppression_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	fingerprint text UNIQUE,
	rule_pattern text,
	object_pattern text,
	reason text NOT NULL CHECK (reason <> ''),
	until timestamptz,
	max_change double precision CHECK (max_change > 0),
	figures jsonb,
	created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
	created_by text NOT NULL DEFAULT CURRENT_USER,
	UNIQUE (rule_pattern, object_pattern),
	CHECK ((fingerprint IS NULL) = (rule_pattern IS NOT NULL)),
	CHECK ((max_change IS NULL) = (figures IS NULL)),
	CHECK ((rule_pattern IS NULL) = (object_pattern IS NULL))
);
COMMENT ON TABLE dbadvisor.suppression IS
'Findings not to show, one by one or by pattern; made by dbadvisor.suppress()';
COMMENT ON COLUMN dbadvisor.suppression.suppression_id IS
'Number of the suppression';
COMMENT ON COLUMN dbadvisor.suppression.fingerprint IS
'The one finding; null for a pattern';
COMMENT ON COLUMN dbadvisor.suppression.rule_pattern IS
'Rules by name, * and ? as wildcards';
COMMENT ON COLUMN dbadvisor.suppression.object_pattern IS
'Objects by name, * and ? as wildcards';
COMMENT ON COLUMN dbadvisor.suppression.reason IS
'Why, for those who read it later';
COMMENT ON COLUMN dbadvisor.suppression.until IS
'When it ends; null for never';
COMMENT ON COLUMN dbadvisor.suppression.max_change IS
'It holds while no figure of the finding differs by a larger share from what it was; null for whatever they are';
COMMENT ON COLUMN dbadvisor.suppression.figures IS
'The figures of the finding when it was made, where max_change is given';
COMMENT ON COLUMN dbadvisor.suppression.created_at IS
'When it was made';
COMMENT ON COLUMN dbadvisor.suppression.created_by IS
'Who made it';

SELECT pg_catalog.pg_extension_config_dump('dbadvisor.rule', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.rule_setting', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.run', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.run_run_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.rule_run', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.finding', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.finding_finding_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.suppression', '');
SELECT pg_catalog.pg_extension_config_dump('dbadvisor.suppression_suppression_id_seq', '');

-- Readers read; admins also write what analyze(), suppress() and set_rule()
-- write.  The registry belongs to the extension's owner alone: analyze() runs
-- what it names.
GRANT SELECT ON dbadvisor.rule, dbadvisor.rule_setting, dbadvisor.run,
	dbadvisor.rule_run, dbadvisor.finding, dbadvisor.suppression
	TO dbadvisor_reader;
GRANT INSERT, UPDATE, DELETE ON dbadvisor.rule_setting, dbadvisor.run,
	dbadvisor.rule_run, dbadvisor.finding, dbadvisor.suppression
	TO dbadvisor_admin;
