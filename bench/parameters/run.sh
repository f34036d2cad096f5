#!/bin/bash
# How often index advice is right where it depends on the values of parameters.
#
#   bench/parameters/run.sh [CASE ...]              values are forgotten
#   SAMPLER=on bench/parameters/run.sh [CASE ...]      values are sampled
#
# Each case is a file of cases/: tables, the statements that an application sends
# ("draw": the same one with real values), and indexes that might be right.  The
# statements run with pg_stat_statements, which forgets their values; then we ask
# for indexes.  What is right is what makes the planner's cost lowest, averaged
# over the statements as they were sent, with the indexes really built: "none"
# where that saves less than a tenth.  Advice is right when it comes within a
# tenth of the best, none of its indexes being useless.
#
# Prints one row of a Markdown table per case, then the score.  Without names all
# cases run.  Needs a server with pg_stat_statements and dbadvisor: PGHOST and
# PGPORT name it, or "script/sandbox bench/parameters/run.sh" makes one.
set -euo pipefail
. "$(dirname "$0")/../common.sh"

cases=("$@")
if [ ${#cases[@]} = 0 ]; then
	for file in "$BENCH"/parameters/cases/*.sql; do
		cases+=("$(basename "$file" .sql)")
	done
fi

if [ "${SAMPLER:-off}" = on ]; then
	use_server shared_preload_libraries=pg_stat_statements,dbadvisor \
		dbadvisor.worker=off dbadvisor.sampler_rate=1
else
	use_server
fi
make_database dbadvisor_parameters
run_sql -f "$BENCH/parameters/judge.sql"
echo "| case | right | advised | cost before | right | advised | verdict |"
echo "|---|---|---|---|---|---|---|"
for name in "${cases[@]}"; do
	say "$name"
	PGOPTIONS="$PGOPTIONS -c search_path=the_case,bench,public" run_sql -o /dev/null \
		-v name="$name" -v file="$BENCH/parameters/cases/$name.sql" \
		-f "$BENCH/parameters/case.sql"
	run_sql -v name="$name" <<<"SELECT bench.row_of(v) FROM bench.verdict v WHERE v.name = :'name';"
done
run_sql -c "SELECT format(E'\n%s of %s right', count(*) FILTER (WHERE right_advice), count(*)) FROM bench.verdict"
