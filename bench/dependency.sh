#!/bin/bash
# CPU time and memory of the search for dependencies.
#
#   bench/dependency.sh [DIRECTORY]
#
# DIRECTORY has CSV files with a header line, such as tables with known numbers of
# dependencies; it is not part of this project, and without it only the tables that
# dependency.sql generates are measured.  Prints rows of a Markdown table: the
# backend's CPU seconds and its largest resident size beyond that of a call on a
# table of one row.
#
#   | table | rows | columns | limit | dependencies | complete | CPU s | memory MB |
#
# Needs a server with dbadvisor: PGHOST and PGPORT name it, or "script/sandbox
# bench/dependency.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -le 1 ] || usage
use_server
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
	run_sql -c 'SET log_statement_stats = on; SET client_min_messages = log' -c "
		SELECT count(*) FILTER (WHERE step > 0) || '|' || max(summary ->> 'complete')
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
		# what has no end without a limit is not asked for
		[ "$name $limit" != "columns_220 NULL" ] || limit=2
		IFS='|' read -r found complete cpu resident < <(measure "$name" "max_lhs => $limit")
		echo "| $name | $(run_sql -c "SELECT count(*) FROM $name") |" \
			"$(run_sql -c "SELECT count(*) FROM pg_attribute WHERE attrelid = '$name'::regclass AND attnum > 0") |" \
			"$limit | $found | $complete | $cpu | $(((resident - base) / 1024)) |"
	done
done
