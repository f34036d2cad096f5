#!/bin/bash
# Load the TPC-H tables of the database that PG* variables name.
#
#   bench/tpch_load.sh SCALE [SEED]
#
# The tables exist and are empty (workloads/tpch/schema.sql makes them).  The
# generator is compiled first.  Two streams work at the same time: lineitem,
# which is two thirds of it all, and the other tables one after the other.
set -euo pipefail

# Load one table.  FREEZE leaves it as a vacuumed one.
load() {
	"$generator" -s "$scale" -r "$seed" -t "$1" |
		psql -Xq -v ON_ERROR_STOP=1 -c BEGIN -c "TRUNCATE $1" \
			-c "COPY $1 FROM STDIN (FREEZE)" -c COMMIT
}

[ $# -ge 1 ] || {
	echo "usage: tpch_load.sh SCALE [SEED]" >&2
	exit 2
}
scale=$1 seed=${2:-1}
generator=$(mktemp)
trap 'rm -f "$generator"' EXIT
"${CC:-cc}" -std=c99 -O2 -o "$generator" "$(dirname "$0")/tpch_gen.c"

load lineitem &
for table in region nation part supplier partsupp customer orders; do
	load $table
done
wait $!
