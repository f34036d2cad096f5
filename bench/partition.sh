#!/bin/bash
# The planner's cost and the time of statements on a partitioned table, predicted
# from the table as it is and then with the table really partitioned.
#
#   script/sandbox bench/partition.sh [-n ROWS] [-i INTERVAL] [-r RUNS]
#
# A table of ROWS rows (1,000,000) over two years is priced as if it were
# partitioned by INTERVAL (1 month); then its rows are copied into such a table
# with the same indexes, and the same statements are planned there.  Prints both
# costs by statement, the geometric mean of their ratio, the worst, and for how
# many statements the sign of the change was right; with RUNS (0) above zero
# also the least time of so many runs on both tables.  Free space for three times
# the table is needed.
set -euo pipefail
. "$(dirname "$0")/common.sh"

ROWS=1000000
INTERVAL='1 month'
RUNS=0
while getopts n:i:r: option; do
	case $option in
		n) ROWS=$OPTARG ;;
		i) INTERVAL=$OPTARG ;;
		r) RUNS=$OPTARG ;;
		*) usage ;;
	esac
done

use_server
make_database bench_partition

run_sql -v rows="$ROWS" -v interval="$INTERVAL" -v runs="$RUNS" -f "$BENCH/partition.sql"
