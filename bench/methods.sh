#!/bin/sh
# Predicted size and what-if cost of indexes of all access methods that
# accuracy.sh leaves out, against indexes really built.  Takes the connection from
# PGHOST, PGPORT, PGUSER and PGDATABASE; the database has the extension.
#
#   ROWS      rows of the tables (30,000)
#   VECTORS   rows of the table with vectors (4,000), where pgvector is there
#   ONLY      access methods, with commas between them (all)
set -e
cd "$(dirname "$0")"
psql -X -v rows="${ROWS:-30000}" -v vectors="${VECTORS:-4000}" -v only="${ONLY:-}" -f methods.sql
