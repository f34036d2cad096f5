#!/bin/bash
# What an index costs on inserts and updates, measured, against the model's
# figure.
#
#   script/sandbox bench/write_cost.sh [-n ROWS] [-b BATCH] [-r ROUNDS]
#
# A table of ROWS rows (200,000) gets batches of BATCH inserts (50,000) and
# updates, without and with each index, by turns; the medians of ROUNDS (5)
# rounds are compared.  The model prices entries in planner cost units; here they
# become time by what a scan of the same table takes per unit.
set -euo pipefail
. "$(dirname "$0")/common.sh"

ROWS=200000
BATCH=50000
ROUNDS=5
while getopts n:b:r: option; do
	case $option in
		n) ROWS=$OPTARG ;;
		b) BATCH=$OPTARG ;;
		r) ROUNDS=$OPTARG ;;
		*) usage ;;
	esac
done

use_server
make_database bench_write_cost
{
	echo '| | index | us without | us more | model | ratio | WAL bytes more | model | ratio |'
	echo '|---|---|---:|---:|---:|---:|---:|---:|---:|'
	run_sql -v rows="$ROWS" -v batch="$BATCH" -v rounds="$ROUNDS" -f "$BENCH/write_cost.sql" |
		sed 's/|/ | /g; s/.*/| & |/'
}
