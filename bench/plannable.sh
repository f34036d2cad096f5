#!/bin/bash
# How many statements of known benchmarks can be planned from their texts in
# pg_stat_statements?
#
#   bench/plannable.sh DIRECTORY
#
# DIRECTORY holds one folder per benchmark with schema.sql and queries.sql.
# Each gets a database of its own with empty tables; its queries run once, and
# dbadvisor.workload tells what it makes of the texts.  Prints counts, then the
# statements that cannot be planned, with reasons.  Exit status 1 when fewer
# can be planned than must.
#
# The server is the one that PGHOST, PGPORT and PGUSER name; it must preload
# pg_stat_statements and have dbadvisor installed.  "eval $(script/cluster
# env)" sets them for a private server.
set -euo pipefail

if [ $# -ne 1 ]; then
	echo "usage: bench/plannable.sh DIRECTORY" >&2
	exit 2
fi
if [ ! -d "$1" ]; then
	echo "plannable: skipped, no directory $1"
	exit 0
fi

# Texts that must be plannable, by benchmark; distinct texts, since equal ones
# share an entry of pg_stat_statements.
declare -A least=([tpch]=20 [tpcds]=90 [job]=98)

run_sql() {
	psql -X -q -v ON_ERROR_STOP=1 -At "$@"
}

load_and_run() {
	local directory=$1 database=$2
	run_sql -d postgres -c 'SET client_min_messages = warning' \
		-c "DROP DATABASE IF EXISTS $database"
	run_sql -d postgres -c "CREATE DATABASE $database"
	run_sql -d "$database" -c 'CREATE EXTENSION pg_stat_statements' \
		-c 'CREATE EXTENSION dbadvisor'
	for file in schema.sql primary_keys.sql; do
		[ ! -f "$directory/$file" ] || run_sql -d "$database" -f "$directory/$file"
	done
	run_sql -d "$database" -c 'SELECT pg_stat_statements_reset()' >/dev/null
	# One query of TPC-DS divides by a count of zero: it leaves no text.
	PGOPTIONS='-c jit=off' run_sql -d "$database" -v ON_ERROR_STOP=0 \
		-f "$directory/queries.sql" >/dev/null || true
}

report() {
	local database=$1 name=$2 plannable
	run_sql -d "$database" -F ' ' <<-SQL
		CREATE TEMPORARY TABLE result AS
		SELECT w.queryid, w.query, w.state, w.reason, w.repaired_query, w.calls
		  FROM dbadvisor.workload w
		 WHERE w.state NOT IN ('own', 'system', 'utility');
		SELECT '$name: ' || count(*) FILTER (WHERE state = 'plannable')
		       || ' of ' || count(*) || ' texts plannable ('
		       || sum(calls) || ' statements), '
		       || count(repaired_query) || ' of them with another text'
		  FROM result;
		SELECT '  ' || state || ', ' || reason || ': '
		       || left(regexp_replace(query, '\s+', ' ', 'g'), 100)
		  FROM result
		 WHERE state <> 'plannable'
		 ORDER BY queryid;
	SQL
	plannable=$(run_sql -d "$database" \
		-c "SELECT count(*) FROM dbadvisor.workload WHERE state = 'plannable'")
	[ "$plannable" -ge "${least[$name]:-0}" ]
}

status=0
for directory in "$1"/*/; do
	name=$(basename "$directory")
	[ -f "$directory/queries.sql" ] || continue
	load_and_run "$directory" "plannable_$name"
	report "plannable_$name" "$name" || status=1
done
exit $status
