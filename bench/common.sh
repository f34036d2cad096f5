# Shared by the benchmarks of this folder; sourced, not run.

BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# Print the comment at the top of the program, which says how to call it.
usage() {
	sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
}

# Tell the time since the start and what comes now.
say() { printf '%4d s  %s\n' "$SECONDS" "$*" >&2; }

# What is the same in every session: the settings that plans depend on, and no
# statement of ours in pg_stat_statements.
SESSION="-c jit=off -c max_parallel_workers_per_gather=0 -c work_mem=64MB
	-c effective_cache_size=12GB -c random_page_cost=4
	-c maintenance_work_mem=256MB -c client_min_messages=warning"

# Use the server that PGHOST or PGPORT names; otherwise start a private one in
# $WORK, which script/sandbox provides, with the settings NAME=VALUE ... on top.
use_server() {
	if [ -z "${PGHOST:-}${PGPORT:-}" ]; then
		[ -n "${WORK:-}" ] ||
			fail "name a server by PGHOST and PGPORT, or run: script/sandbox bench/${0##*/} ..."
		"$BENCH/../script/cluster" start shared_preload_libraries=pg_stat_statements \
			shared_buffers=2GB autovacuum=off wal_level=minimal max_wal_senders=0 \
			max_wal_size=8GB checkpoint_timeout=1h "$@"
		trap '"$BENCH/../script/cluster" stop' EXIT
		eval "$("$BENCH/../script/cluster" env)"
	fi
	export PGOPTIONS="$SESSION -c pg_stat_statements.track=none"
}

# Run psql so that an error ends the benchmark.
run_sql() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }

# Create the database $1 anew, with the extensions, and connect to it from now on.
make_database() {
	run_sql -d postgres -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1"
	export PGDATABASE=$1
	run_sql -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION dbadvisor' \
		-f "$BENCH/measure.sql"
}

# Fill the empty tables of workload $1 at scale $2 by our generator of its name.
fill_tables() {
	if [ -r "$BENCH/$1_load.sh" ]; then
		"$BENCH/$1_load.sh" "$2"
	else
		run_sql -o /dev/null -v scale="$2" -f "$BENCH/data.sql" -f "$BENCH/$1_load.sql"
	fi
}

# Read a file in which "-- query NAME" starts each query into bench.query.
read_queries() {
	local texts file
	texts=$(mktemp -d)
	awk -v folder="$texts" '
		/^-- query / { n++; file = sprintf("%s/%03d", folder, n); print $3 > (file ".name"); next }
		file { print > file }' "$1"
	for file in "$texts"/*.name; do
		run_sql <<-END
			\set name \`cat $file\`
			\set text \`cat ${file%.name}\`
			INSERT INTO bench.query (name, text) VALUES (:'name', pg_catalog.rtrim(:'text', E'; \n'));
		END
	done
	rm -r "$texts"
}

# Run query $1 with statement_timeout $2 (seconds) and pg_stat_statements.track
# $3, after the statements $4, in a transaction that is rolled back; print its
# milliseconds, or nothing where it fails.
time_query() {
	local shown
	shown=$({
		echo "SET statement_timeout = '$2s'; BEGIN; ${4:-}"
		echo '\timing on'
		run_sql -v name="$1" <<<"SELECT text FROM bench.query WHERE name = :'name';"
		echo ';'
		echo '\timing off'
		echo 'ROLLBACK;'
	} | PGOPTIONS="$SESSION -c pg_stat_statements.track=$3" run_sql -o /dev/null 2>/dev/null) ||
		return 0
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' <<<"$shown"
}

# Run every query once, each up to $1 seconds, so that pg_stat_statements knows
# exactly these; remember their times as stage "workload".
run_workload() {
	local name ms
	run_sql -o /dev/null -c 'SELECT pg_stat_statements_reset()'
	for name in $(run_sql -c 'SELECT name FROM bench.query ORDER BY number'); do
		ms=$(time_query "$name" "$1" top)
		[ -n "$ms" ] || say "query $name did not finish"
		run_sql -c "INSERT INTO bench.run VALUES ('$name', 'workload', ${ms:-NULL})"
	done
}

# Ask for indexes for what pg_stat_statements holds; $1 is the storage budget in
# bytes, or NULL, $2 the smallest saving.  The answer, within three minutes, goes
# to bench.advice.
ask_for_indexes() {
	run_sql -c "CREATE TABLE bench.advice AS
		SELECT *
		  FROM dbadvisor.search_indexes(storage_budget => $1, max_columns => 3,
										time_limit => '3 min', max_indexes => NULL,
										min_saving => $2)"
}
