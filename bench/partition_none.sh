#!/bin/bash
# Is partitioning advised where it is known not to help?
#
#   script/sandbox bench/partition_none.sh [-s SCALE] WORKLOAD
#
# WORKLOAD is a directory with schema.sql, queries.sql and perhaps fkindexes.sql,
# such as that of the Join Order Benchmark; it is not part of this project, and
# where it is absent we say so and succeed.  Its tables are filled at SCALE (0.05)
# by WORKLOAD's name, sizes from which tables are looked at are taken down to a
# megabyte, and its statements are priced by the planner.  Prints the verdicts, and
# each table for which partitions are advised.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$BENCH/compare/databases.sh"

scale=0.05
while getopts s: option; do
	case $option in
		s) scale=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || usage
workload=$1
name=$(basename "$workload")

need_workload "$workload"
use_server
make_database bench_partition_none
say "making the tables"
run_sql -f "$workload/schema.sql"
fill_tables "$name" "$scale"
[ ! -r "$workload/fkindexes.sql" ] || run_sql -f "$workload/fkindexes.sql"
run_sql -c 'VACUUM (ANALYZE)'
read_queries "$workload/queries.sql"
say "asking"
run_sql <<'SQL'
SELECT pg_stat_statements_reset() \g /dev/null
SELECT count(dbadvisor.workload_add(text, 1, (dbadvisor.what_if(text)).cost_before / 100)) || ' statements'
  FROM bench.query;
SELECT dbadvisor.set_rule('partition.missing', thresholds => '{"min_bytes": 1000000, "min_expiring_bytes": 1000000}') \g /dev/null
CREATE TABLE bench.verdict AS
SELECT * FROM dbadvisor.recommend_partitioning(NULL, '5 min');
\pset format aligned
\pset tuples_only off
\pset footer off
SELECT verdict, proof, count(DISTINCT relid) AS tables, count(*) AS keys FROM bench.verdict GROUP BY 1, 2 ORDER BY 1, 2;
SELECT table_name, key, strategy, "interval", gain_share, loss_share FROM bench.verdict WHERE verdict = 'partition';
SQL
