# Databases of TPC-H, TPC-DS and JOB for comparisons; sourced after common.sh.

# Statements that the comparisons leave out, as Kossmann et al. (PVLDB 13(11),
# 2020) do: without an index some of them outweigh all the others together.
declare -A LEFT_OUT=([tpch]=2,17,20 [tpcds]=4,6,9,10,11,32,35,41,95 [job]=none)

# Scale factors at which a comparison takes minutes; JOB's is the share of the
# published table sizes.
declare -A USUAL_SCALE=([tpch]=0.1 [tpcds]=0.1 [job]=0.05)

# Say so and succeed where something is missing that is no part of this project.
need_workload() {
	local file
	for file in schema.sql queries.sql; do
		[ -r "$1/$file" ] || {
			echo "${0##*/}: $1/$file is not there; nothing measured"
			exit 0
		}
	done
}

# Set PYTHON to one that has psycopg2.
need_python() {
	for PYTHON in python3 /usr/bin/python3; do
		! "$PYTHON" -c 'import psycopg2' 2>/dev/null || return 0
	done
	echo "${0##*/}: no python3 with psycopg2 (script/setup python3-psycopg2); nothing measured"
	exit 0
}

# Remove the primary keys of the database $1.
drop_keys() {
	run_sql -d "$1" -c "SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I;', conrelid::regclass, conname)
			FROM pg_catalog.pg_constraint
		   WHERE contype = 'p' AND connamespace = 'public'::regnamespace" | run_sql -d "$1"
}

# Succeed where both databases of workload $1 are there at scale $2, and give those
# with the keys $3 the extension anew, as the library may have changed.
renew_databases() {
	local keys
	for keys in nokeys keys; do
		[ "$(run_sql -d postgres -c "SELECT pg_catalog.shobj_description(oid, 'pg_database')
				FROM pg_catalog.pg_database WHERE datname = '$1_$keys'")" = "$1 $2" ] || return 1
	done
	for keys in $3; do
		run_sql -d "$1_$keys" -c 'DROP EXTENSION IF EXISTS dbadvisor CASCADE' -c 'CREATE EXTENSION dbadvisor'
	done
}

# Make workload $1 of directory $2 at scale $3: the databases $1_nokeys and
# $1_keys, with the same rows and the same statistics.  Counters start afterwards,
# so that nothing of the load counts as writes.  Those of an earlier run will do
# where $4 is not empty; $5 says which of the two are wanted then.
make_databases() {
	local name=$1 directory=$2 scale=$3 keep=${4:-} only=${5:-nokeys keys} from to
	if [ -n "$keep" ] && renew_databases "$name" "$scale" "$only"; then
		return
	fi
	say "loading $name at scale $scale"
	from=$name\_nokeys to=$name\_keys
	if sed 's/--.*//' "$directory/schema.sql" | grep -qi 'primary key'; then
		from=$name\_keys to=$name\_nokeys
	fi
	run_sql -d postgres -c "DROP DATABASE IF EXISTS $from" -c "DROP DATABASE IF EXISTS $to" -c "CREATE DATABASE $from"
	run_sql -d "$from" -c 'CREATE EXTENSION dbadvisor' -f "$directory/schema.sql"
	PGDATABASE=$from fill_tables "$name" "$scale"
	run_sql -d "$from" -c 'VACUUM (ANALYZE)' -c CHECKPOINT
	run_sql -d postgres -c "CREATE DATABASE $to TEMPLATE $from STRATEGY file_copy"
	if [ "$to" = "$name"_keys ]; then
		run_sql -d "$to" -f "$directory/primary_keys.sql"
	else
		drop_keys "$to"
	fi
	for to in "$name"_nokeys "$name"_keys; do
		run_sql -d "$to" -o /dev/null -c 'SELECT pg_catalog.pg_stat_reset()' \
			-c "COMMENT ON DATABASE $to IS '$name $scale'"
	done
}
