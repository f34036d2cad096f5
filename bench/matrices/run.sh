#!/bin/bash
# Run the choice of indexes by itself, without planner and server: against every
# set on small random problems, then on published cost matrices whose optima are
# known.
#
#   bench/matrices/run.sh DIRECTORY
#
# DIRECTORY holds tpch_width3.txt and tpcds_width2.txt; it is not part of this
# project, and where it is absent we say so and succeed.  Needs a C compiler.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
matrices=${1:?usage: bench/matrices/run.sh DIRECTORY}
programs=$(mktemp -d)
trap 'rm -r "$programs"' EXIT
for program in exhaustive matrices; do
	"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -I"$here/standalone" -I"$here/../../src" \
		-o "$programs/$program" "$here/$program.c" "$here"/../../src/index/{facility,layout,pick}.c -lm
done
"$programs/exhaustive" 2000
for file in tpch_width3.txt tpcds_width2.txt; do
	[ -r "$matrices/$file" ] || {
		echo "run.sh: $matrices/$file is not there; nothing measured"
		exit 0
	}
done

echo
echo '| instance | budget MB | optimum | ours | gap to optimum | our bound | proven gap | CPU ms |'
echo '|---|---:|---:|---:|---:|---:|---:|---:|'
"$programs/matrices" "$matrices/tpch_width3.txt" TPC-H \
	250:98.947 500:97.331 1000:95.478 2500:80.050 5000:72.063 10000:67.626
"$programs/matrices" "$matrices/tpcds_width2.txt" TPC-DS \
	250:92.200 500:88.182 1000:85.279 2500:79.978 5000:77.320 10000:74.772
