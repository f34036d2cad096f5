#!/bin/bash
# How many planner calls and how much time the search for indexes takes.
#
#   bench/search.sh [-l COMMAND] [-t SECONDS] WORKLOAD
#
#   -l COMMAND  makes the tables and fills them, in the empty database that PG*
#               variables name; without it the tables of WORKLOAD/schema.sql stay
#               empty, and planner calls and time are all that can be judged
#   -t SECONDS  give up a query after this (60); it is then not in the workload
#
# WORKLOAD is a directory with queries.sql, schema.sql and perhaps
# primary_keys.sql; it is not part of this project, and where it is absent we say
# so and succeed.  Every query runs once with pg_stat_statements; then we ask for
# indexes from what that holds.  Prints one row of a Markdown table:
#
#   | workload | statements | planned | skipped | planner calls | per statement |
#     ms | ms per statement | candidates | indexes | complete | cost after, % |
#
# Needs a server with pg_stat_statements and dbadvisor: PGHOST and PGPORT name
# it, or "script/sandbox bench/search.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

load= limit=60
while getopts l:t: option; do
	case $option in
		l) load=$OPTARG ;;
		t) limit=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || usage
workload=$1

[ -r "$workload/queries.sql" ] || {
	echo "search.sh: $workload/queries.sql is not there; nothing measured"
	exit 0
}
use_server
make_database dbadvisor_bench
say "making the tables"
if [ -n "$load" ]; then
	bash -c "$load" >&2
else
	run_sql -f "$workload/schema.sql"
	[ ! -r "$workload/primary_keys.sql" ] || run_sql -f "$workload/primary_keys.sql"
fi
run_sql -c 'VACUUM (ANALYZE)'
read_queries "$workload/queries.sql"
say "running the workload"
run_workload "$limit"
say "asking for indexes"
ask_for_indexes NULL 0.01
say "done"

run_sql -v name="$(basename "$workload")" -f "$BENCH/search_report.sql"
