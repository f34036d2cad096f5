#!/bin/bash
# What fetching a row of a table through an index takes, when the rows of one key
# lie anywhere in the table: measured, and as the planner prices it.
#
#   script/sandbox bench/fetch_cost.sh [-s "PAGES ..."] [-r ROUNDS]
#
# For tables of PAGES pages (500 5000 50000 150000), all of them in shared
# buffers, a nested loop fetches rows by key; the same loop index-only is taken
# off.  Medians of ROUNDS (5).  The floor that src/whatif/exposure.c puts under
# the price of a fetch comes from here.
set -euo pipefail
. "$(dirname "$0")/common.sh"

SIZES="500 5000 50000 150000"
ROUNDS=5
while getopts s:r: option; do
	case $option in
		s) SIZES=$OPTARG ;;
		r) ROUNDS=$OPTARG ;;
		*) usage ;;
	esac
done

use_server
make_database bench_fetch_cost
echo '| pages | rows | fetches | us per fetch | planner cost per fetch | us per cost unit of a scan | honest price, cost units |'
echo '|---:|---:|---:|---:|---:|---:|---:|'
for pages in $SIZES; do
	run_sql -v pages="$pages" -v rounds="$ROUNDS" -f "$BENCH/fetch_cost.sql" |
		sed 's/|/ | /g; s/.*/| & |/'
done
