-- What became of advice that was applied.

CREATE TABLE dbadvisor.outcome (
	finding_id bigint PRIMARY KEY REFERENCES dbadvisor.finding ON DELETE CASCADE,
	applied_at timestamptz NOT NULL,
	measured_at timestamptz NOT NULL,
	before_since timestamptz,
	before_until timestamptz,
	after_since timestamptz,
	after_until timestamptz,
	verdict text NOT NULL
		CHECK (verdict IN ('verified', 'regressed', 'short', 'undecided')),
	reason text NOT NULL,
	promised_share double precision,
	measured_share double precision,
	promised_ms_per_day double precision,
	measured_ms_per_day double precision,
	statements jsonb NOT NULL,
	other_changes text[] NOT NULL
);
COMMENT ON TABLE dbadvisor.outcome IS
'Findings that were applied: what was promised, and what history has measured since; written by dbadvisor.measure_outcomes()';
COMMENT ON COLUMN dbadvisor.outcome.finding_id IS
'Finding';
COMMENT ON COLUMN dbadvisor.outcome.applied_at IS
'When it was recognised as applied';
COMMENT ON COLUMN dbadvisor.outcome.measured_at IS
'When it was last measured';
COMMENT ON COLUMN dbadvisor.outcome.before_since IS
'Start of the window before, at most seven days long';
COMMENT ON COLUMN dbadvisor.outcome.before_until IS
'End of the window before: the last snapshot without it';
COMMENT ON COLUMN dbadvisor.outcome.after_since IS
'Start of the window after: the first snapshot with it';
COMMENT ON COLUMN dbadvisor.outcome.after_until IS
'End of the window after';
COMMENT ON COLUMN dbadvisor.outcome.verdict IS
'verified: at least half of what was promised; regressed: a tenth slower than before, or more; short: neither; undecided: too little to compare';
COMMENT ON COLUMN dbadvisor.outcome.reason IS
'What the verdict rests on';
COMMENT ON COLUMN dbadvisor.outcome.promised_share IS
'Share of the time of its statements that was to be saved, by the planner''s costs';
COMMENT ON COLUMN dbadvisor.outcome.measured_share IS
'Share that was saved: time after against the time that the same calls, or rows, took before';
COMMENT ON COLUMN dbadvisor.outcome.promised_ms_per_day IS
'Execution time that was to be saved per day, ms';
COMMENT ON COLUMN dbadvisor.outcome.measured_ms_per_day IS
'Execution time that was saved per day, ms';
COMMENT ON COLUMN dbadvisor.outcome.statements IS
'Figures of each statement before and after';
COMMENT ON COLUMN dbadvisor.outcome.other_changes IS
'What else has changed in the two windows and may have a part in it';

SELECT pg_catalog.pg_extension_config_dump('dbadvisor.outcome', '');

GRANT SELECT ON dbadvisor.outcome TO dbadvisor_reader;
GRANT INSERT, UPDATE, DELETE ON dbadvisor.outcome TO dbadvisor_admin;
