-- Totals of history by slice of time, kept along with it: what rates per day are
-- read from.  A week of windows of thousands of statements is millions of rows;
-- its totals are a few for each statement.

CREATE TABLE dbadvisor.history_statement_total (
	slot smallint NOT NULL,
	userid oid NOT NULL,
	queryid bigint NOT NULL,
	calls double precision NOT NULL,
	total_ms double precision NOT NULL,
	rows double precision NOT NULL,
	PRIMARY KEY (slot, userid, queryid)
) PARTITION BY LIST (slot);
COMMENT ON TABLE dbadvisor.history_statement_total IS
'What each statement has done in all windows of a slice of time';
COMMENT ON COLUMN dbadvisor.history_statement_total.slot IS
'Slice of time';
COMMENT ON COLUMN dbadvisor.history_statement_total.userid IS
'Role that ran it';
COMMENT ON COLUMN dbadvisor.history_statement_total.queryid IS
'Statement, as in pg_stat_statements';
COMMENT ON COLUMN dbadvisor.history_statement_total.calls IS
'Executions';
COMMENT ON COLUMN dbadvisor.history_statement_total.total_ms IS
'Execution time, ms';
COMMENT ON COLUMN dbadvisor.history_statement_total.rows IS
'Rows returned or changed';

CREATE TABLE dbadvisor.history_relation_total (
	slot smallint NOT NULL,
	relid oid NOT NULL,
	inserts double precision NOT NULL,
	updates double precision NOT NULL,
	hot_updates double precision NOT NULL,
	deletes double precision NOT NULL,
	PRIMARY KEY (slot, relid)
) PARTITION BY LIST (slot);
COMMENT ON TABLE dbadvisor.history_relation_total IS
'What was written to each table in all windows of a slice of time';
COMMENT ON COLUMN dbadvisor.history_relation_total.slot IS
'Slice of time';
COMMENT ON COLUMN dbadvisor.history_relation_total.relid IS
'Table';
COMMENT ON COLUMN dbadvisor.history_relation_total.inserts IS
'Rows inserted';
COMMENT ON COLUMN dbadvisor.history_relation_total.updates IS
'Rows updated';
COMMENT ON COLUMN dbadvisor.history_relation_total.hot_updates IS
'Rows updated without new index entries';
COMMENT ON COLUMN dbadvisor.history_relation_total.deletes IS
'Rows deleted';

-- Room in the pages, so that totals grow in place.
DO $$
DECLARE
	kind text;
	slot integer;
BEGIN
	FOREACH kind IN ARRAY '{statement,relation}'::text[] LOOP
		FOR slot IN 0 .. 7 LOOP
			EXECUTE pg_catalog.format(
				'CREATE TABLE dbadvisor.history_%s_total_%s PARTITION OF dbadvisor.history_%1$s_total
				 FOR VALUES IN (%2$s) WITH (fillfactor = 50)', kind, slot);
			EXECUTE pg_catalog.format(
				'COMMENT ON TABLE dbadvisor.history_%s_total_%s IS ''A slice of history_%1$s_total''', kind, slot);
		END LOOP;
	END LOOP;
END
$$;

GRANT SELECT ON dbadvisor.history_statement_total, dbadvisor.history_relation_total
	TO dbadvisor_reader;
