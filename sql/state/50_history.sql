-- History: what the server's counters have counted between one snapshot and the
-- next.
--
-- The tables of history are rings of eight slices of time.  A slice is emptied
-- with TRUNCATE before it is used again: nothing is ever deleted row by row, no
-- table is made or dropped at run time, and what belongs to the extension stays
-- a member of it.  pg_dump leaves history out: its keys are OIDs, which mean
-- nothing in another cluster.
--
-- The last readings of the counters are unlogged.  A crash resets the server's
-- counters and empties these tables with them, and a standby that is promoted
-- starts with counters of its own and with these tables empty: in both cases
-- the next snapshot is a new beginning, which is the truth.

CREATE TABLE dbadvisor.history_slice (
	slot smallint PRIMARY KEY,
	starts_at timestamptz,
	ends_at timestamptz
);
COMMENT ON TABLE dbadvisor.history_slice IS
'Slices of time that history is kept in; the one that starts last takes new snapshots';
COMMENT ON COLUMN dbadvisor.history_slice.slot IS
'Number of the slice';
COMMENT ON COLUMN dbadvisor.history_slice.starts_at IS
'Its first snapshot; null while it is empty';
COMMENT ON COLUMN dbadvisor.history_slice.ends_at IS
'When the next slice took over; null while it takes snapshots';
INSERT INTO dbadvisor.history_slice (slot)
SELECT s FROM pg_catalog.generate_series(0, 7) s;

CREATE TABLE dbadvisor.history_snapshot (
	slot smallint NOT NULL,
	taken_at timestamptz NOT NULL,
	since timestamptz,
	seconds double precision,
	statements integer NOT NULL,
	relations integer NOT NULL,
	elapsed_ms double precision NOT NULL,
	notes text[] NOT NULL
) PARTITION BY LIST (slot);
COMMENT ON TABLE dbadvisor.history_snapshot IS
'Snapshots of the counters';
COMMENT ON COLUMN dbadvisor.history_snapshot.slot IS
'Slice of time';
COMMENT ON COLUMN dbadvisor.history_snapshot.taken_at IS
'When it was taken, which is the end of its window';
COMMENT ON COLUMN dbadvisor.history_snapshot.since IS
'Start of its window: the snapshot before; null where there is none to compare with';
COMMENT ON COLUMN dbadvisor.history_snapshot.seconds IS
'Length of its window; null where it has none';
COMMENT ON COLUMN dbadvisor.history_snapshot.statements IS
'Statements that ran in the window';
COMMENT ON COLUMN dbadvisor.history_snapshot.relations IS
'Tables and indexes that were used in the window';
COMMENT ON COLUMN dbadvisor.history_snapshot.elapsed_ms IS
'Time that the snapshot took, ms';
COMMENT ON COLUMN dbadvisor.history_snapshot.notes IS
'What else to know: counters that were reset, a clock that went back, what could not be read';

CREATE TABLE dbadvisor.history_statement (
	slot smallint NOT NULL,
	taken_at timestamptz NOT NULL,
	since timestamptz NOT NULL,
	userid oid NOT NULL,
	queryid bigint NOT NULL,
	toplevel boolean NOT NULL,
	was_reset boolean NOT NULL,
	calls double precision NOT NULL,
	total_ms double precision NOT NULL,
	rows double precision NOT NULL,
	shared_blks_hit double precision NOT NULL,
	shared_blks_read double precision NOT NULL,
	shared_blks_dirtied double precision NOT NULL,
	shared_blks_written double precision NOT NULL,
	temp_blks_read double precision NOT NULL,
	temp_blks_written double precision NOT NULL,
	wal_bytes double precision NOT NULL
) PARTITION BY LIST (slot);
COMMENT ON TABLE dbadvisor.history_statement IS
'What each statement has done in the window of a snapshot; statements that did not run have no row';
COMMENT ON COLUMN dbadvisor.history_statement.slot IS
'Slice of time';
COMMENT ON COLUMN dbadvisor.history_statement.taken_at IS
'End of the window';
COMMENT ON COLUMN dbadvisor.history_statement.since IS
'Start of the window';
COMMENT ON COLUMN dbadvisor.history_statement.userid IS
'Role that ran it';
COMMENT ON COLUMN dbadvisor.history_statement.queryid IS
'Statement, as in pg_stat_statements';
COMMENT ON COLUMN dbadvisor.history_statement.toplevel IS
'Whether it was run directly, not from within a function';
COMMENT ON COLUMN dbadvisor.history_statement.was_reset IS
'Whether its counters began anew in the window: figures are then those since, and at least true';
COMMENT ON COLUMN dbadvisor.history_statement.calls IS
'Executions';
COMMENT ON COLUMN dbadvisor.history_statement.total_ms IS
'Execution time, ms';
COMMENT ON COLUMN dbadvisor.history_statement.rows IS
'Rows returned or changed';
COMMENT ON COLUMN dbadvisor.history_statement.shared_blks_hit IS
'Pages found in shared buffers';
COMMENT ON COLUMN dbadvisor.history_statement.shared_blks_read IS
'Pages read into shared buffers';
COMMENT ON COLUMN dbadvisor.history_statement.shared_blks_dirtied IS
'Pages dirtied';
COMMENT ON COLUMN dbadvisor.history_statement.shared_blks_written IS
'Pages written by the statement itself';
COMMENT ON COLUMN dbadvisor.history_statement.temp_blks_read IS
'Pages of temporary files read';
COMMENT ON COLUMN dbadvisor.history_statement.temp_blks_written IS
'Pages of temporary files written';
COMMENT ON COLUMN dbadvisor.history_statement.wal_bytes IS
'WAL written';

CREATE TABLE dbadvisor.history_relation (
	slot smallint NOT NULL,
	taken_at timestamptz NOT NULL,
	since timestamptz NOT NULL,
	relid oid NOT NULL,
	is_index boolean NOT NULL,
	was_reset boolean NOT NULL,
	scans double precision NOT NULL,
	rows_read double precision NOT NULL,
	index_scans double precision NOT NULL,
	rows_fetched double precision NOT NULL,
	inserts double precision NOT NULL,
	updates double precision NOT NULL,
	hot_updates double precision NOT NULL,
	deletes double precision NOT NULL,
	blks_read double precision NOT NULL,
	blks_hit double precision NOT NULL,
	live_rows double precision,
	pages double precision NOT NULL
) PARTITION BY LIST (slot);
COMMENT ON TABLE dbadvisor.history_relation IS
'How each table and index was used in the window of a snapshot; those that were not have no row';
COMMENT ON COLUMN dbadvisor.history_relation.slot IS
'Slice of time';
COMMENT ON COLUMN dbadvisor.history_relation.taken_at IS
'End of the window';
COMMENT ON COLUMN dbadvisor.history_relation.since IS
'Start of the window';
COMMENT ON COLUMN dbadvisor.history_relation.relid IS
'Table or index';
COMMENT ON COLUMN dbadvisor.history_relation.is_index IS
'Whether it is an index';
COMMENT ON COLUMN dbadvisor.history_relation.was_reset IS
'Whether its counters began anew in the window';
COMMENT ON COLUMN dbadvisor.history_relation.scans IS
'Sequential scans of a table, scans of an index';
COMMENT ON COLUMN dbadvisor.history_relation.rows_read IS
'Rows read by sequential scans of a table, entries returned by scans of an index';
COMMENT ON COLUMN dbadvisor.history_relation.index_scans IS
'Scans of the indexes of a table';
COMMENT ON COLUMN dbadvisor.history_relation.rows_fetched IS
'Live rows fetched through the indexes of a table, or through this index alone';
COMMENT ON COLUMN dbadvisor.history_relation.inserts IS
'Rows inserted';
COMMENT ON COLUMN dbadvisor.history_relation.updates IS
'Rows updated';
COMMENT ON COLUMN dbadvisor.history_relation.hot_updates IS
'Rows updated without new index entries';
COMMENT ON COLUMN dbadvisor.history_relation.deletes IS
'Rows deleted';
COMMENT ON COLUMN dbadvisor.history_relation.blks_read IS
'Pages of it read into shared buffers';
COMMENT ON COLUMN dbadvisor.history_relation.blks_hit IS
'Pages of it found in shared buffers';
COMMENT ON COLUMN dbadvisor.history_relation.live_rows IS
'Live rows at the end of the window, as the server estimates them; null for an index';
COMMENT ON COLUMN dbadvisor.history_relation.pages IS
'Pages as of the latest ANALYZE or VACUUM';

CREATE TABLE dbadvisor.history_server (
	slot smallint NOT NULL,
	taken_at timestamptz NOT NULL,
	since timestamptz NOT NULL,
	source text NOT NULL,
	name text NOT NULL,
	was_reset boolean NOT NULL,
	figures jsonb NOT NULL
) PARTITION BY LIST (slot);
COMMENT ON TABLE dbadvisor.history_server IS
'What the server''s other statistics have counted in the window of a snapshot';
COMMENT ON COLUMN dbadvisor.history_server.slot IS
'Slice of time';
COMMENT ON COLUMN dbadvisor.history_server.taken_at IS
'End of the window';
COMMENT ON COLUMN dbadvisor.history_server.since IS
'Start of the window';
COMMENT ON COLUMN dbadvisor.history_server.source IS
'database, conflicts, wal, bgwriter, checkpointer, io, slru, activity, replication, slot, slot_decoding';
COMMENT ON COLUMN dbadvisor.history_server.name IS
'Which of several: the standby, the slot, the kind of I/O; else empty';
COMMENT ON COLUMN dbadvisor.history_server.was_reset IS
'Whether the counters began anew in the window';
COMMENT ON COLUMN dbadvisor.history_server.figures IS
'Growth in the window, by the names of the server''s view, without those that did not grow; of activity, replication and slot the figures at its end';

CREATE TABLE dbadvisor.history_event (
	slot smallint NOT NULL,
	taken_at timestamptz NOT NULL,
	since timestamptz NOT NULL,
	event text NOT NULL,
	object text NOT NULL,
	detail text
) PARTITION BY LIST (slot);
COMMENT ON TABLE dbadvisor.history_event IS
'Changes that a snapshot has seen: what else can explain that figures differ before and after';
COMMENT ON COLUMN dbadvisor.history_event.slot IS
'Slice of time';
COMMENT ON COLUMN dbadvisor.history_event.taken_at IS
'It happened not after this';
COMMENT ON COLUMN dbadvisor.history_event.since IS
'It happened not before this';
COMMENT ON COLUMN dbadvisor.history_event.event IS
'index created, index dropped, setting changed, server restarted, counters reset';
COMMENT ON COLUMN dbadvisor.history_event.object IS
'Index or setting';
COMMENT ON COLUMN dbadvisor.history_event.detail IS
'Old and new value of a setting; table of an index';

-- The last readings, in two generations that take turns.
CREATE UNLOGGED TABLE dbadvisor.counter_snapshot (
	taken_at timestamptz NOT NULL,
	generation smallint NOT NULL,
	started_at timestamptz NOT NULL,
	has_statements boolean NOT NULL
);
COMMENT ON TABLE dbadvisor.counter_snapshot IS
'The last reading of the counters; empty before the first, and after a crash or promotion';
COMMENT ON COLUMN dbadvisor.counter_snapshot.taken_at IS
'When they were read';
COMMENT ON COLUMN dbadvisor.counter_snapshot.generation IS
'Which of the two generations holds them';
COMMENT ON COLUMN dbadvisor.counter_snapshot.started_at IS
'When the server had been started';
COMMENT ON COLUMN dbadvisor.counter_snapshot.has_statements IS
'Whether pg_stat_statements could be read';

CREATE TABLE dbadvisor.counter_statement (
	generation smallint NOT NULL,
	userid oid NOT NULL,
	queryid bigint NOT NULL,
	toplevel boolean NOT NULL,
	counted_since timestamptz,
	counters double precision[] NOT NULL
) PARTITION BY LIST (generation);
COMMENT ON TABLE dbadvisor.counter_statement IS
'Counters of statements at the last reading';
COMMENT ON COLUMN dbadvisor.counter_statement.generation IS
'Reading';
COMMENT ON COLUMN dbadvisor.counter_statement.userid IS
'Role';
COMMENT ON COLUMN dbadvisor.counter_statement.queryid IS
'Statement';
COMMENT ON COLUMN dbadvisor.counter_statement.toplevel IS
'Whether it was run directly';
COMMENT ON COLUMN dbadvisor.counter_statement.counted_since IS
'When its counters began, where the server says so';
COMMENT ON COLUMN dbadvisor.counter_statement.counters IS
'In the order of the columns of history_statement from calls on';

CREATE TABLE dbadvisor.counter_relation (
	generation smallint NOT NULL,
	relid oid NOT NULL,
	is_index boolean NOT NULL,
	name text NOT NULL,
	counters double precision[] NOT NULL
) PARTITION BY LIST (generation);
COMMENT ON TABLE dbadvisor.counter_relation IS
'Counters of tables and indexes at the last reading';
COMMENT ON COLUMN dbadvisor.counter_relation.generation IS
'Reading';
COMMENT ON COLUMN dbadvisor.counter_relation.relid IS
'Table or index';
COMMENT ON COLUMN dbadvisor.counter_relation.is_index IS
'Whether it is an index';
COMMENT ON COLUMN dbadvisor.counter_relation.name IS
'Its name, for the time when it is gone';
COMMENT ON COLUMN dbadvisor.counter_relation.counters IS
'In the order of the columns of history_relation from scans to blks_hit';

CREATE TABLE dbadvisor.counter_server (
	generation smallint NOT NULL,
	source text NOT NULL,
	name text NOT NULL,
	counted_since timestamptz,
	figures jsonb NOT NULL
) PARTITION BY LIST (generation);
COMMENT ON TABLE dbadvisor.counter_server IS
'The server''s other counters, and its settings, at the last reading';
COMMENT ON COLUMN dbadvisor.counter_server.generation IS
'Reading';
COMMENT ON COLUMN dbadvisor.counter_server.source IS
'As in history_server; also "setting"';
COMMENT ON COLUMN dbadvisor.counter_server.name IS
'As in history_server; of a setting its name';
COMMENT ON COLUMN dbadvisor.counter_server.counted_since IS
'When they were last reset, where the server says so';
COMMENT ON COLUMN dbadvisor.counter_server.figures IS
'By the names of the server''s view';

DO $$
DECLARE
	kind text;
	slot integer;
BEGIN
	FOREACH kind IN ARRAY '{snapshot,statement,relation,server,event}'::text[] LOOP
		FOR slot IN 0 .. 7 LOOP
			EXECUTE pg_catalog.format(
				'CREATE TABLE dbadvisor.history_%s_%s PARTITION OF dbadvisor.history_%1$s FOR VALUES IN (%2$s)',
				kind, slot);
			EXECUTE pg_catalog.format(
				'COMMENT ON TABLE dbadvisor.history_%s_%s IS ''A slice of history_%1$s''', kind, slot);
		END LOOP;
	END LOOP;
	FOREACH kind IN ARRAY '{statement,relation,server}'::text[] LOOP
		FOR slot IN 0 .. 1 LOOP
			EXECUTE pg_catalog.format(
				'CREATE UNLOGGED TABLE dbadvisor.counter_%s_%s PARTITION OF dbadvisor.counter_%1$s FOR VALUES IN (%2$s)',
				kind, slot);
			EXECUTE pg_catalog.format(
				'COMMENT ON TABLE dbadvisor.counter_%s_%s IS ''A generation of counter_%1$s''', kind, slot);
		END LOOP;
	END LOOP;
END
$$;
CREATE INDEX ON dbadvisor.history_snapshot (taken_at);
CREATE INDEX ON dbadvisor.history_statement (queryid, taken_at);
CREATE INDEX ON dbadvisor.history_statement USING brin (taken_at);
CREATE INDEX ON dbadvisor.history_relation (relid, taken_at);
CREATE INDEX ON dbadvisor.history_server (source, taken_at);

GRANT SELECT ON dbadvisor.history_slice, dbadvisor.history_snapshot,
	dbadvisor.history_statement, dbadvisor.history_relation,
	dbadvisor.history_server, dbadvisor.history_event
	TO dbadvisor_reader;
