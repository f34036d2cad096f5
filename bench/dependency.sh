#!/bin/bash
# CPU time and memory of the search for dependencies.
#
#   bench/dependency.sh [DIRECTORY]
#
# DIRECTORY has CSV files with a header line, such as tables with known numbers of
# dependencies; it is not part of this project, and without it only the tables that
# dependency.sql generates are measured, each for 50 s at most.  Prints rows of a
# Markdown table: the size of determinants up to which all were found, the backend's
# CPU seconds, and its largest resident size beyond that of a call on a table of one
# row, which shared buffers and the result are part of.
#
#   | table | rows | columns | limit | dependencies | complete up to | CPU s | memory MB |
#
# Needs a server with dbadvisor: PGHOST and PGPORT name it, or "script/sandbox
# bench/dependency.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -le 1 ] || usage
use_server shared_buffers=16MB
make_database dbadvisor_bench
run_sql -f "$BENCH/dependency.sql" -c 'CREATE TABLE one AS SELECT 1 AS a'
tables="letter_like hepatitis_like horse_like columns_63 columns_109 columns_220 rows_1m"
for file in ${1:+"$1"/*.csv}; do
	name=$(basename "$file" .csv)
	columns=$(head -n 1 "$file" | tr -d '\r' | sed 's/,/ text, /g; s/$/ text/')
	run_sql -c "CREATE TABLE $name ($columns)" -c "\\copy $name FROM '$file' CSV HEADER"
	tables+=" $name"
done
run_sql -c 'VACUUM ANALYZE'

# Print "answer|CPU seconds|resident kB" of a call on table $1 with arguments $2.
measure() {
	run_sql -c "SET work_mem = '4MB'; SET log_statement_stats = on; SET client_min_messages = log" -c "
		SELECT count(*) FILTER (WHERE step > 0) || '|' || max(summary ->> 'searched_completely_up_to')
		  FROM dbadvisor.discover_dependencies('$1', time_limit => '50 s', $2)" 2>&1 |
		awk '
			/\|/ && !/!/ { answer = $0 }
			/ s user, .* s system/ && !/\[/ { cpu = $2 + $5 }
			/max resident size/ { resident = $2 }
			END { print answer "|" cpu "|" resident }'
}

base=$(measure one 'max_lhs => NULL' | cut -d'|' -f4)
for name in $tables; do
	for limit in NULL 3; do
		IFS='|' read -r found complete cpu resident < <(measure "$name" "max_lhs => $limit")
		echo "| $name | $(run_sql -c "SELECT count(*) FROM $name") |" \
			"$(run_sql -c "SELECT count(*) FROM pg_attribute WHERE attrelid = '$name'::regclass AND attnum > 0") |" \
			"$limit | $found | $complete | $cpu | $(((resident - base) / 1024)) |"
	done
done
