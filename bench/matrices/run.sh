#!/bin/bash
# Run the search for indexes on published cost matrices, whose optima are known.
# Usage: bench/matrices/run.sh DIRECTORY; needs a C compiler, no server.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
matrices=${1:?usage: bench/matrices/run.sh DIRECTORY}
for file in tpch_width3.txt tpcds_width2.txt; do
	[ -f "$matrices/$file" ] || { echo "$matrices/$file is absent: skipped"; exit 0; }
done

program=$(mktemp)
trap 'rm -f "$program"' EXIT
${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -I"$here/standalone" -I"$here/../../src" -o "$program" \
	"$here/matrices.c" "$here"/../../src/index/{facility,layout,pick}.c -lm

echo '| instance | budget MB | optimum | ours | gap to optimum | our bound | proven gap | CPU ms |'
echo '|---|---:|---:|---:|---:|---:|---:|---:|'
"$program" "$matrices/tpch_width3.txt" TPC-H \
	250:98.947 500:97.331 1000:95.478 2500:80.050 5000:72.063 10000:67.626
"$program" "$matrices/tpcds_width2.txt" TPC-DS \
	250:92.200 500:88.182 1000:85.279 2500:79.978 5000:77.320 10000:74.772
