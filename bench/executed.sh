#!/bin/bash
# Build what is recommended and run the statements; prints Markdown for RESULTS.md.
#
#   bench/executed.sh [-k] [-s SCALE] [-b PERCENT] [-i FILE] [-t SECONDS] [-r RUNS] DIRECTORY [NAME ...]
#
#   -k          take the databases that an earlier run on this server left, if there are any
#   -s SCALE    scale of the data (tpch 0.1, tpcds 0.1, job 0.05)
#   -b PERCENT  storage budget in % of the table size (50)
#   -i FILE     measure these CREATE INDEX statements instead of the advice
#   -t SECONDS  give up a statement after this (30)
#   -r RUNS     runs of a statement, of which the fastest counts (3); quick ones run
#               more often
#
# DIRECTORY and NAME as for compare.sh.  Primary keys exist.  Each index is measured
# with those before it, on the statements that it claims, until one of them is
# faster; then all statements, without any and with all indexes.
#
# Needs python3-psycopg2 (script/setup python3-psycopg2) and a throwaway server with
# dbadvisor: PGHOST and PGPORT name it, or "script/sandbox bench/executed.sh ..."
# makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$BENCH/compare/databases.sh"

keep= scale= indexes=() budget=50 limit=30 runs=3
while getopts ks:b:i:t:r: option; do
	case $option in
		k) keep=yes ;;
		s) scale=$OPTARG ;;
		b) budget=$OPTARG ;;
		i) indexes=(--indexes "$(realpath "$OPTARG")") ;;
		t) limit=$OPTARG ;;
		r) runs=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage
directory=$1
shift
[ $# -ge 1 ] || set -- tpch tpcds job

need_python
use_server
for name in "$@"; do
	need_workload "$directory/$name"
	make_databases "$name" "$directory/$name" "${scale:-${USUAL_SCALE[$name]}}" "$keep" keys
	"$PYTHON" "$BENCH/compare/executed.py" --name "$name" --queries "$directory/$name/queries.sql" \
		--skip "${LEFT_OUT[$name]}" --database "${name}_keys" --budget "$budget" --timeout "$limit" --runs "$runs" "${indexes[@]}"
done
