#!/bin/bash
# Index advice on TPC-H, end to end; prints Markdown for RESULTS.md.
#
#   bench/tpch.sh [-s SCALE] [-n] [-b BYTES] [-m SAVING] [-t SECONDS] [-r RUNS] WORKLOAD
#
#   -s SCALE    scale factor (1)
#   -n          without primary keys
#   -b BYTES    storage budget of the advice (none)
#   -m SAVING   smallest saving of an index, as a share of the workload (0.01)
#   -t SECONDS  give up a query after this (120); it is then not in the workload
#   -r RUNS     measured runs per query, of which the median counts (3)
#
# WORKLOAD is a directory with schema.sql, primary_keys.sql and queries.sql, in
# which "-- query NAME" starts each query.  It is not part of this project;
# where it is absent we say so and succeed.
#
# Load; run all queries once with pg_stat_statements; ask for indexes from what
# that holds; build them; compare planner costs, what-if costs, run times and
# sizes; then build each index alone and compare each query's what-if cost.
#
# Needs a server with pg_stat_statements and dbadvisor: PGHOST and PGPORT name
# it, or "script/sandbox bench/tpch.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

scale=1 keys=yes budget=NULL saving=0.01 limit=120 runs=3
while getopts s:nb:m:t:r: option; do
	case $option in
		s) scale=$OPTARG ;;
		n) keys=no ;;
		b) budget=$OPTARG ;;
		m) saving=$OPTARG ;;
		t) limit=$OPTARG ;;
		r) runs=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || usage
workload=$1

# Load, and leave the tables as a busy autovacuum would.
load_tables() {
	local start=$SECONDS
	run_sql -f "$workload/schema.sql"
	"$BENCH/tpch_load.sh" "$scale"
	[ $keys = no ] || run_sql -f "$workload/primary_keys.sql"
	run_sql -c 'VACUUM (ANALYZE)' -c CHECKPOINT
	load_seconds=$((SECONDS - start))
}

# Note the planner's cost of every query as stage $1.
note_costs() {
	run_sql -c "INSERT INTO bench.cost
		SELECT name, '$1', bench.planner_cost(text) FROM bench.query"
}

# Measure the queries of the workload with and without the indexes, which exist:
# by turns, so that other work on the machine hits both alike.  "Without" drops
# them in a transaction that is rolled back.  A query that took longer than 20
# seconds in the workload is measured once.
note_times() {
	local name first ms i before
	before=$(run_sql -c "SELECT 'DROP INDEX ' || pg_catalog.string_agg(index_name, ', ') || ';'
		FROM bench.advice WHERE step > 0")
	while read -r name first; do
		for ((i = 0; i < runs; i++)); do
			ms=$(time_query "$name" "$((limit * 10))" none "$before")
			run_sql -c "INSERT INTO bench.run VALUES ('$name', 'before', ${ms:-NULL})"
			ms=$(time_query "$name" "$((limit * 10))" none)
			run_sql -c "INSERT INTO bench.run VALUES ('$name', 'after', ${ms:-NULL})"
			[ "$first" -lt 20000 ] || break
		done
	done < <(run_sql -F ' ' -c "SELECT w.name, r.ms::bigint FROM bench.workload w
		JOIN bench.run r ON r.query = w.name AND r.stage = 'workload' ORDER BY w.number")
}

# Note the cost of every query with all recommended indexes as what-if.
note_what_if() {
	run_sql -c "INSERT INTO bench.cost
		SELECT q.name, 'what_if', w.cost_after
		  FROM bench.query q,
			   LATERAL dbadvisor.what_if(q.text, (SELECT pg_catalog.array_agg(definition ORDER BY step)
													FROM bench.advice
												   WHERE step > 0)) w"
}

# Print step, index name and definition of the advice.
advised() { run_sql -F $'\t' -c 'SELECT step, index_name, definition FROM bench.advice WHERE step > 0 ORDER BY step'; }

# Build the recommended indexes as their texts say; note sizes and seconds.
build_indexes() {
	local step name definition start
	while IFS=$'\t' read -r step name definition; do
		start=$EPOCHREALTIME
		run_sql -c "$definition"
		run_sql -v name="$name" -v step="$step" <<-END
			INSERT INTO bench.built VALUES (:step, pg_catalog.pg_relation_size(:'name'),
				$EPOCHREALTIME - $start);
		END
	done < <(advised)
}

drop_indexes() {
	local name
	run_sql -c 'SELECT index_name FROM bench.advice WHERE step > 0' | while read -r name; do
		run_sql -c "DROP INDEX $name"
	done
}

# For each index alone: what-if cost of all queries, then the same really built.
compare_single_indexes() {
	local step name definition
	while IFS=$'\t' read -r step name definition; do
		run_sql -v step="$step" -v definition="$definition" <<-END
			INSERT INTO bench.single (step, query, cost_before, cost_what_if)
			SELECT :step, q.name, w.cost_before, w.cost_after
			  FROM bench.query q,
				   LATERAL dbadvisor.what_if(q.text, ARRAY[:'definition']) w;
		END
		run_sql -c "$definition"
		run_sql -c "UPDATE bench.single s
			   SET cost_built = bench.planner_cost(q.text)
			  FROM bench.query q
			 WHERE q.name = s.query
			   AND s.step = $step"
		run_sql -c "DROP INDEX $name"
	done < <(advised)
}

for file in schema.sql primary_keys.sql queries.sql; do
	[ -r "$workload/$file" ] || {
		echo "tpch.sh: $workload/$file is not there; nothing measured"
		exit 0
	}
done
use_server
make_database dbadvisor_bench
say "loading scale $scale"
load_tables
run_sql -f "$BENCH/tpch_check.sql" >&2
read_queries "$workload/queries.sql"
say "running the workload"
run_workload "$limit"
say "asking for indexes"
ask_for_indexes "$budget" "$saving"
note_costs before
note_what_if
say "building $(advised | wc -l) indexes"
build_indexes
say "measuring"
note_costs after
note_times
drop_indexes
say "comparing each index alone"
compare_single_indexes
say "done"

run_sql -v scale="$scale" -v keys=$keys -v seconds=$load_seconds -v budget="$budget" -v saving="$saving" \
	-v processors="$(nproc)" -v limit="$limit" -v runs="$runs" \
	-v memory="$(awk '/^MemTotal/ {printf "%.0f", $2 / 1048576}' /proc/meminfo)" \
	-f "$BENCH/tpch_report.sql"
