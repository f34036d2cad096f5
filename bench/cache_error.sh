#!/bin/bash
# Cached against exact costs; prints Markdown for RESULTS.md.
#
#   bench/cache_error.sh [-k] [-s SCALE] [-n TRIALS] DIRECTORY [NAME ...]
#
#   -k          take the databases that an earlier run on this server left, if there are any
#   -s SCALE   scale of the data (tpch 0.1, tpcds 0.1, job 0.05)
#   -n TRIALS  random configurations per workload (10000)
#
# DIRECTORY and NAME as for compare.sh.  A configuration is a random statement with
# a random set of 1 to 12 of its candidates, every other one near a plan that is
# known to be good.  Its cost from the cache is compared with that of the planner.
#
# Needs python3-psycopg2 (script/setup python3-psycopg2) and a throwaway server with
# dbadvisor: PGHOST and PGPORT name it, or "script/sandbox bench/cache_error.sh ..."
# makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$BENCH/compare/databases.sh"

keep= scale= trials=10000
while getopts ks:n: option; do
	case $option in
		k) keep=yes ;;
		s) scale=$OPTARG ;;
		n) trials=$OPTARG ;;
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
echo '| workload | keys | configurations | median error | p90 | p99 | p99.9 | largest | within 1 % | too low by more | too high by more | evaluation µs, median | p90 |'
echo '|---|---|---|---|---|---|---|---|---|---|---|---|---|'
for name in "$@"; do
	need_workload "$directory/$name"
	make_databases "$name" "$directory/$name" "${scale:-${USUAL_SCALE[$name]}}" "$keep"
	for keys in nokeys keys; do
		say "$name, $keys"
		"$PYTHON" "$BENCH/compare/cache_error.py" --name "$name" --keys "$keys" --trials "$trials" \
			--queries "$directory/$name/queries.sql" --skip "${LEFT_OUT[$name]}" --database "${name}_$keys"
	done
done
