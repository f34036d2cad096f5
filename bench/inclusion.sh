#!/bin/bash
# Foreign keys that nobody declared: how many are found, and how many wrong ones.
#
#   bench/inclusion.sh [-s SCALE] [DIRECTORY [NAME ...]]
#
#   -s SCALE    scale factor of the workloads (0.03)
#
# Asks discover_inclusions() about the schemas of test/fixture/reference_schemas.sql,
# and about the workloads NAME (tpch, tpcds) of DIRECTORY, which have primary keys and no
# foreign ones; see README.md.  Prints rows of a Markdown table: foreign keys of one
# column that are meant, those told without a rival, those of them that are right, how
# many statements read tables for rows without a partner, each for all columns of one
# table, and what was missed or wrong.
#
#   | schema | meant | told | right | precision | recall | reads | ms | missed | wrong |
#
# Needs a server with dbadvisor: PGHOST and PGPORT name it, or "script/sandbox
# bench/inclusion.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

scale=0.03
while getopts s: option; do
	case $option in
		s) scale=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
workloads=${1:-}
[ $# = 0 ] || shift

# Judge schema $1.
judge() {
	run_sql -c "SELECT pg_stat_reset()" -o /dev/null
	run_sql -F '|' -v schema="$1" <<-'END' | awk -F'|' '{
			printf "| %s | %d | %d | %d | %.2f | %.2f | %d | %d | %s | %s |\n",
				$1, $2, $3, $4, $3 ? $4 / $3 : 1, $2 ? $4 / $2 : 1, $7, $8, $5, $6 }'
		SET track_functions = 'all';
		CREATE TEMP TABLE judged AS SELECT j.* FROM reference_schema.judge(:'schema') j;
		SELECT pg_stat_force_next_flush() \g /dev/null
		SELECT :'schema', j.*,
			   (SELECT COALESCE(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'count_orphans'),
			   (SELECT COALESCE(round(sum(total_time)), 0) FROM pg_stat_user_functions WHERE funcname = 'discover_inclusions')
		  FROM judged j;
	END
}

# Load workload $1 and note which of its columns refer to which key by its file of
# foreign keys, reference_$1.txt here: lines "table column table column".
load_workload() {
	local keys="$BENCH/reference_$1.txt"
	[ -r "$workloads/$1/schema.sql" ] && [ -r "$keys" ] || {
		echo "$workloads/$1 is not there; nothing measured" >&2
		return 1
	}
	run_sql -f "$workloads/$1/schema.sql"
	fill_tables "$1" "$scale"
	run_sql -f "$workloads/$1/primary_keys.sql" -c "VACUUM ANALYZE"
	sed "/^#/d; s/^/$1 public /" "$keys" | tr ' ' '\t' |
		run_sql -c '\copy reference_schema.meant FROM STDIN'
}

use_server
make_database dbadvisor_bench
run_sql -f "$BENCH/../test/fixture/reference_schemas.sql" -c 'CALL make_reference_schemas()' -c 'VACUUM ANALYZE'
for schema in $(run_sql -c 'SELECT schema FROM reference_schema.meant GROUP BY part, schema ORDER BY part DESC, schema'); do
	judge "$schema"
done
for name in "$@"; do
	make_database "dbadvisor_$name"
	run_sql -f "$BENCH/../test/fixture/reference_schemas.sql"
	! load_workload "$name" || judge public
done
