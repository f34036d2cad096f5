#!/bin/bash
# CPU time and memory of the search for dependencies, and what of it is design.
#
#   bench/dependency.sh [-t TABLES] [DIRECTORY]
#   bench/dependency.sh -g
#
#   -t TABLES   only these, separated by blanks
#   -g          how it grows with rows and with columns, instead of all else
#
# DIRECTORY has CSV files with a header line, such as tables with known numbers of
# dependencies; it is not part of this project, and without it only the tables that
# dependency.sql and chess.sql generate are measured, and two of R's package mlbench
# where that is there, each for 50 s at most.  Prints rows of a Markdown table: the size of determinants up to which all were found, the backend's
# CPU seconds, its largest resident size beyond that of a call on a table of one row,
# without shared memory, and what was left out and why.
#
#   | table | rows | columns | limit | work_mem | dependencies | complete up to | CPU s | memory MB | left out |
#
# Then, with however few bytes saved, what rank_dependencies() proposes to split off,
# and what looks designed but for a veto; with determinants that 5 % of the rows
# repeat at least, and with 0.5 %.
#
#   | table | redundancy | proposed | vetoed |
#
# Growth is that of parts of rows_1m and columns_220, with determinants of up to 3 and 2
# columns; the bar has a mark for each doubling of the CPU time from a hundredth of a
# second on.
#
#   | rows | columns | limit | dependencies | complete up to | CPU s | memory MB | bar |
#
# Needs a server with dbadvisor: PGHOST and PGPORT name it, or "script/sandbox
# bench/dependency.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

only=
growth=
while getopts gt: option; do
	case $option in
		g) growth=1 ;;
		t) only=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage
use_server shared_buffers=16MB
make_database dbadvisor_bench
run_sql -f "$BENCH/dependency.sql" -f "$BENCH/../test/fixture/chess.sql" -c 'CREATE TABLE one AS SELECT 1 AS a'
tables="letter_like hepatitis_like horse_like sensors balance_scale columns_63 columns_109 columns_220 rows_1m chess"

# Load the CSV file $1, all columns as text.
load_csv() {
	local name columns
	name=$(basename "$1" .csv)
	columns=$(head -n 1 "$1" | tr -d '\r' | sed 's/,/ text, /g; s/$/ text/')
	run_sql -c "CREATE TABLE $name ($columns)" -c "\\copy $name FROM '$1' CSV HEADER"
	tables+=" $name"
}

for file in ${1:+"$1"/*.csv}; do
	load_csv "$file"
done
if Rscript -e 'library(mlbench)' >/dev/null 2>&1; then
	folder=$(mktemp -d)
	for set in BreastCancer:breast_cancer LetterRecognition:letter; do
		Rscript "$BENCH/../test/fixture/mlbench.R" "${set%:*}" >"$folder/${set#*:}.csv"
		load_csv "$folder/${set#*:}.csv"
	done
	rm -r "$folder"
else
	echo "R's package mlbench is not there: breast_cancer and letter are not measured" >&2
fi
run_sql -c 'VACUUM ANALYZE'
tables=${only:-$tables}

# Print "found|complete|left out|CPU seconds|resident kB|shared kB" of a call on table
# $1 with arguments $2 and dbadvisor.work_mem $3.
measure() {
	run_sql -c "SET work_mem = '4MB'; SET dbadvisor.work_mem = '$3'; SET log_statement_stats = on; SET client_min_messages = log" -c "
		SELECT concat_ws('|', count(*) FILTER (WHERE step > 0), max(summary ->> 'searched_completely_up_to'),
						 COALESCE(max(r.reasons), ''))
		  FROM dbadvisor.discover_dependencies('$1', time_limit => '50 s', $2) d
		  LEFT JOIN LATERAL (SELECT string_agg(e, '; ') FROM jsonb_array_elements_text(d.summary -> 'left_out') e) r (reasons) ON true" -c "
		SET log_statement_stats = off" -c "
		SELECT 'status|' || (regexp_match(f, 'VmHWM:\s*(\d+)'))[1] || '|' || (regexp_match(f, 'RssShmem:\s*(\d+)'))[1]
		  FROM pg_read_file('/proc/self/status') f" 2>&1 |
		awk '
			/^status\|/ { split($0, status, "|"); next }
			/\|/ && !/!/ { answer = $0 }
			/ s user, .* s system/ && !/\[/ && !cpu { cpu = $2 + $5 }
			END { print answer "|" cpu "|" status[2] "|" status[3] }'
}

own_memory() { cut -d'|' -f5,6 <<<"$1" | { IFS='|' read -r all shared; echo $((all - shared)); }; }

base=$(own_memory "$(measure one 'max_lhs => NULL' 64MB)")

# Measure columns $2 of the first $3 rows of table $1, with determinants of up to $4.
measure_part() {
	local line found complete cpu
	run_sql -c 'DROP TABLE IF EXISTS part' -c "CREATE TABLE part AS SELECT $2 FROM $1 LIMIT $3" -c 'ANALYZE part'
	line=$(measure part "max_lhs => $4" 64MB)
	IFS='|' read -r found complete _ cpu _ <<<"$line"
	echo "| $3 | $(run_sql -c "SELECT count(*) FROM pg_attribute WHERE attrelid = 'part'::regclass AND attnum > 0") |" \
		"$4 | $found | $complete | $cpu | $((($(own_memory "$line") - base) / 1024)) |" \
		"$(run_sql -c "SELECT repeat('#', greatest(0, round(log(2, greatest($cpu, 0.001)::numeric * 100)))::int)") |"
}

if [ -n "$growth" ]; then
	for rows in 10000 30000 100000 300000 1000000; do
		measure_part rows_1m '*' $rows 3
	done
	for columns in 10 20 40 80 120 160 220; do
		measure_part columns_220 "$(seq -s, -f c%g $columns)" 1000 2
	done
	exit
fi
for name in $tables; do
	for limits in 'NULL 64MB' '3 64MB' '3 4MB'; do
		read -r limit memory <<<"$limits"
		line=$(measure "$name" "max_lhs => $limit" "$memory")
		IFS='|' read -r found complete reasons cpu _ <<<"$line"
		echo "| $name | $(run_sql -c "SELECT count(*) FROM $name") |" \
			"$(run_sql -c "SELECT count(*) FROM pg_attribute WHERE attrelid = '$name'::regclass AND attnum > 0") |" \
			"$limit | $memory | $found | $complete | $cpu | $((($(own_memory "$line") - base) / 1024)) | $reasons |"
	done
done

for name in $tables; do
	for redundancy in 0.05 0.005; do
		run_sql <<-END
			SELECT concat('| $name | $redundancy | ', count(*) FILTER (WHERE proposed), ' | ',
						  string_agg(array_to_string(determinant, ', ') || ' -> ' || array_to_string(dependents, ', ')
									 || CASE WHEN proposed THEN '' ELSE ' (' || array_to_string(vetoes, '; ') || ')' END,
									 '; ' ORDER BY proposed DESC, determinant), ' |')
			  FROM dbadvisor.rank_dependencies('$name', min_bytes => 0, min_redundancy => $redundancy)
			 WHERE determinant IS NOT NULL
		END
	done
done
