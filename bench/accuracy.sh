#!/bin/sh
# Accuracy of predicted index sizes and of what-if costs, against indexes really
# built.  Takes the connection from PGHOST, PGPORT, PGUSER and PGDATABASE; the
# database has the extension.  ROWS sets the size of the table (a million).
set -e
cd "$(dirname "$0")"
script=$(mktemp)
trap 'rm -f "$script"' EXIT
echo "Size of an index, in pages"
psql -X -v rows="${ROWS:-1000000}" -f accuracy_size.sql
echo "Cost of a plan"
psql -X -v script="$script" -f accuracy_cost.sql
