#!/bin/bash
# What advice on one large table takes, and whether a split saves what it promises.
#
#   bench/normalization.sh [GIGABYTES ...]
#
# Makes tables of 30 columns of so many gigabytes (3 10), each after the other, and asks
# about them: what was read and how long it took must not depend on their size.  Prints
#
#   | call | table GB | rows | time ms | CPU ms | MB of the table looked at | read into shared buffers |
#
# Then splits the generated tables of test/fixture/dependency_planted.sql by the printed
# script, writes anew what is left, and compares: bytes of the table before less those
# of the tables after, with the indexes of the new ones, against the sum of net_bytes.
#
#   | table | MB before | predicted bytes | saved bytes | predicted / saved |
#
# Needs a server with dbadvisor: PGHOST and PGPORT name it, or "script/sandbox
# bench/normalization.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[[ "${1:-1}" =~ ^[0-9.]+$ ]] || usage
[ $# -gt 0 ] || set -- 3 10

# Make table "big" of $1 GB: customers, products and a shop repeat in it, the rest is of
# the row.
make_big() {
	run_sql -v gb="$1" <<-'SQL'
		CREATE UNLOGGED TABLE block AS
		SELECT g AS place, g / 3 AS order_no, g / 3 * 7919 % 4000 AS customer_id, 'customer ' || md5((g / 3 * 7919 % 4000)::text) AS customer_name,
			   'street ' || g / 3 * 7919 % 4000 * 7 AS customer_street, g / 3 * 7919 % 4000 % 300 AS city_id, 'city ' || g / 3 * 7919 % 4000 % 300 AS city,
			   g * 104729 % 900 AS product_id, 'product ' || md5((g * 104729 % 900)::text) AS product_name, (g * 104729 % 900 * 37 % 8000)::numeric / 100 AS list_price,
			   g % 40 AS shop_id, 'shop ' || g % 40 AS shop_name, 1 + g % 9 AS quantity, (g * 31 % 100)::numeric / 100 AS discount,
			   timestamptz '2024-01-01' + g * interval '7 min' AS sold_at, g * 13 % 5 AS state, md5((g * 3)::text) AS token, repeat(md5(g::text), 4) AS note,
			   md5(g::text || 'a') AS c19, md5(g::text || 'b') AS c20, g % 77 AS c21, g * 17 % 3001 AS c22, md5(g::text || 'c') AS c23, repeat('x', (g % 50)::int) AS c24,
			   g * 19 % 13 AS c25, md5(g::text || 'd') AS c26, g * 23 % 501 AS c27, g % 2 = 0 AS c28, md5(g::text || 'e') AS c29
		  FROM generate_series(0::bigint, 19999) g;
		CREATE UNLOGGED TABLE big AS SELECT 0::bigint AS id, b.* FROM block b WHERE false;
		INSERT INTO big
		SELECT b.place + 20000::bigint * g, b.place * 31 % 20000 + g, b.order_no + 7000 * g, b.customer_id, b.customer_name, b.customer_street, b.city_id, b.city,
			   b.product_id, b.product_name, b.list_price, b.shop_id, b.shop_name, b.quantity, b.discount, b.sold_at + g * interval '90 days',
			   b.state, md5(b.token || g), b.note || g, md5(b.c19 || g), md5(b.c20 || g), (b.c21 + g * 11 * b.place) % 77, (b.c22 + g * 13 * b.place) % 3001,
			   md5(b.c23 || g), b.c24, (b.c25 + g * 17 * b.place) % 13, md5(b.c26 || g), (b.c27 + g * 19 * b.place) % 501, b.c28, md5(b.c29 || g)
		  FROM generate_series(0, (:gb::numeric * 1073741824 / pg_table_size('block'))::bigint) g, block b;
		ANALYZE big;
		DROP TABLE block;
	SQL
}

# Ask $2, a call named $1, in a session of its own.
ask() {
	run_sql -c 'SELECT pg_stat_reset()' -o /dev/null
	run_sql -v call="$1" -v query="$2" <<-'END'
		\set cpu 'SELECT (f[12]::numeric + f[13]::numeric) * 10 AS cpu FROM regexp_split_to_array(regexp_replace(pg_read_file(\'/proc/self/stat\'), \'^.*\\) \', \'\'), \' \') f'
		:cpu \gset before_
		SELECT clock_timestamp() AS at \gset before_
		CREATE TEMP TABLE told AS :query;
		SELECT round(1000 * extract(epoch FROM clock_timestamp() - :'before_at')) AS ms \gset
		:cpu \gset after_
		SELECT pg_stat_force_next_flush() \g /dev/null
		SELECT concat('| ', :'call', ' | ', round(pg_table_size('big') / 1073741824.0, 1), ' | ', c.reltuples::bigint, ' | ', :ms, ' | ', :after_cpu - :before_cpu, ' | ',
					  round((s.heap_blks_read + s.heap_blks_hit) * 8192 / 1048576.0, 1), ' | ', round(s.heap_blks_read * 8192 / 1048576.0, 1), ' |')
		  FROM pg_class c JOIN pg_statio_user_tables s ON s.relid = c.oid
		 WHERE c.relname = 'big';
	END
}

# Split table $1 by the script; print what it was to save and has saved.
split() {
	run_sql -v name="$1" <<-'END'
		SELECT dbadvisor.normalize(format('planted.%I', :'name')::regclass, min_bytes => 0) \g /dev/null
		CREATE TABLE plan AS SELECT * FROM dbadvisor.normalize(format('planted.%I', :'name')::regclass, min_bytes => 0);
		CREATE TABLE before AS SELECT oid FROM pg_class WHERE relnamespace = 'planted'::regnamespace AND relkind = 'r';
		CREATE TABLE size AS
		SELECT pg_table_size(format('planted.%I', :'name')::regclass) AS bytes,
			   (SELECT sum((evidence ->> 'net_bytes')::bigint) FROM plan WHERE part = 'dependency' AND (evidence ->> 'proposed')::boolean) AS predicted;
	END
	local step
	for step in 2 3 4 5 6 7 8; do
		run_sql -c "SELECT sql FROM plan WHERE part = 'migration' AND step = $step" | run_sql -o /dev/null
	done
	run_sql -c "VACUUM FULL planted.\"$1_data\"" -c "
		SELECT concat('| $1 | ', round(s.bytes / 1048576.0, 1), ' | ', s.predicted, ' | ', a.saved, ' | ', round(s.predicted::numeric / a.saved, 2), ' |')
		  FROM size s
		 CROSS JOIN LATERAL (
			SELECT s.bytes - pg_table_size('planted.\"$1_data\"')
				   - (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
					   WHERE c.relnamespace = 'planted'::regnamespace AND c.relkind = 'r' AND c.oid NOT IN (SELECT b.oid FROM before b))) a (saved)" \
		-c 'DROP TABLE plan, before, size'
}

use_server shared_buffers=128MB
for gb in "$@"; do
	make_database dbadvisor_bench
	say "making $gb GB"
	make_big "$gb"
	ask discover_dependencies "SELECT * FROM dbadvisor.discover_dependencies('big', verify_bytes => 0)"
	ask normalize "SELECT * FROM dbadvisor.normalize('big', verify_bytes => 0)"
	run_sql -o /dev/null -c "SELECT dbadvisor.set_rule('normalization.table_mixes_entities', thresholds => '{\"verify_mb\": 0}')"
	ask 'rule table_mixes_entities' 'SELECT * FROM dbadvisor.rule_normalization_table_mixes_entities()'
done
make_database dbadvisor_bench
run_sql -f "$BENCH/../test/fixture/dependency_planted.sql"
run_sql -c 'ALTER TABLE planted.order_line ADD PRIMARY KEY (line_id)' -c 'ALTER TABLE planted.visit ADD PRIMARY KEY (visit_id)' \
	-c 'ALTER TABLE planted.departure ADD PRIMARY KEY (departure_id)' -c 'ALTER TABLE planted.reading ADD PRIMARY KEY (id)' \
	-c 'ALTER TABLE planted.payment ADD PRIMARY KEY (payment_id)' -c 'ALTER TABLE planted.leg ADD PRIMARY KEY (leg_no)'
for name in order_line visit departure reading payment leg; do
	run_sql -c "VACUUM FULL ANALYZE planted.$name"
	split $name
done
