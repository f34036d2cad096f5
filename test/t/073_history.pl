# History: what the counters have counted between snapshots, also across resets,
# restarts, crashes and a clock that goes back; bounded in time and space.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
dbadvisor.worker = off
autovacuum = off
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE orders (id int PRIMARY KEY, customer int);
	INSERT INTO orders SELECT g, g % 100 FROM generate_series(1, 1000) g});

# Take a snapshot once the counters of others have arrived.
sub snapshot
{
	$node->safe_psql('postgres', 'SELECT pg_stat_force_next_flush()');
	return $node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
}

# Run a statement of its own kind so many times.
sub run_times
{
	my ($times) = @_;
	$node->safe_psql('postgres', join('', map { "SELECT count(*) AS counted FROM orders WHERE customer = $_;" } 1 .. $times));
	return;
}

my $calls = q{
	SELECT w.calls FROM dbadvisor.workload_history w
	  JOIN pg_stat_statements s USING (userid, queryid)
	 WHERE s.query LIKE 'SELECT count(*) AS counted%' ORDER BY w.until DESC LIMIT 1};
my $latest = q{SELECT since IS NOT NULL, notes FROM dbadvisor.history_snapshot ORDER BY taken_at DESC LIMIT 1};

run_times(3);
snapshot();
is($node->safe_psql('postgres', 'SELECT count(*) FROM dbadvisor.workload_history'), '0', 'the first snapshot only begins');
is($node->safe_psql('postgres', $latest), 'f|{}', 'it has no window');
run_times(5);
$node->safe_psql('postgres', 'UPDATE orders SET customer = customer + 1 WHERE id <= 50');
snapshot();
is($node->safe_psql('postgres', $calls), '5', 'calls of the window');
is( $node->safe_psql('postgres', q{
	SELECT round(updates_per_second * seconds), is_index FROM dbadvisor.relation_history
	 WHERE relation = 'orders' ORDER BY until DESC LIMIT 1}), '50|f', 'updates of the window');
is( $node->safe_psql('postgres', q{
	SELECT count(*) = 1, min(wal_bytes) > 0, min(wal_bytes_per_second) > 0 FROM dbadvisor.wal_history}), 't|t|t', 'WAL of the window');
is( $node->safe_psql('postgres', q{SELECT count(*) > 0 FROM dbadvisor.history_server WHERE source = 'database'}), 't', 'the database too');

# Reset in the middle: what is counted since is true.
run_times(7);
$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset()');
run_times(2);
$node->safe_psql('postgres', 'SELECT pg_stat_reset(); SELECT pg_stat_reset_shared(\'wal\')');
$node->safe_psql('postgres', 'UPDATE orders SET customer = customer + 1 WHERE id <= 10');
snapshot();
is($node->safe_psql('postgres', $calls), '2', 'calls since the reset');
is( $node->safe_psql('postgres', q{
	SELECT round(updates_per_second * seconds), was_reset FROM dbadvisor.relation_history
	 WHERE relation = 'orders' ORDER BY until DESC LIMIT 1}), '10|t', 'updates since the reset');
like($node->safe_psql('postgres', $latest), qr/counters of database were reset.*counters of wal were reset/, 'the snapshot says so');

# A new table and a new index; a dropped one; a setting.
$node->safe_psql('postgres', q{
	CREATE TABLE fresh AS SELECT generate_series(1, 20) AS id;
	CREATE INDEX orders_customer ON orders (customer)});
$node->append_conf('postgresql.conf', q{random_page_cost = 1.5});
$node->reload;
snapshot();
is( $node->safe_psql('postgres', q{
	SELECT round(inserts_per_second * seconds) FROM dbadvisor.relation_history WHERE relation = 'fresh'}), '20', 'a new table counts in full');
is( $node->safe_psql('postgres', q{
	SELECT event, object, detail FROM dbadvisor.history_event WHERE event <> 'counters reset' ORDER BY event}),
	"index created|public.orders_customer|public.orders\nsetting changed|random_page_cost|from 4 to 1.5", 'events');
$node->safe_psql('postgres', 'DROP INDEX orders_customer');
snapshot();
is( $node->safe_psql('postgres', q{SELECT object FROM dbadvisor.history_event WHERE event = 'index dropped'}),
	'public.orders_customer', 'an index dropped');

# A restart goes on counting; a crash begins anew and loses no history.
$node->restart;
run_times(4);
snapshot();
is($node->safe_psql('postgres', $calls), '4', 'calls across a restart');
like($node->safe_psql('postgres', $latest), qr/the server was restarted/, 'the snapshot says so');
my $rows = $node->safe_psql('postgres', 'CHECKPOINT; SELECT count(*) FROM dbadvisor.history_statement');
$node->stop('immediate');
$node->start;
run_times(6);
snapshot();
is($node->safe_psql('postgres', $latest), 'f|{}', 'a new beginning after a crash');
is($node->safe_psql('postgres', 'SELECT count(*) FROM dbadvisor.history_statement'), $rows, 'history is all there');
run_times(1);
snapshot();
is($node->safe_psql('postgres', $calls), '1', 'and goes on');

# The clock goes back.
$node->safe_psql('postgres', q{UPDATE dbadvisor.counter_snapshot SET taken_at = taken_at + interval '1 hour'});
snapshot();
like($node->safe_psql('postgres', $latest), qr/^f\|\{"the clock went back from/, 'no window when the clock goes back');
run_times(2);
snapshot();
is($node->safe_psql('postgres', $calls), '2', 'but the next one has');

# Rates count the watched time only.
is( $node->safe_psql('postgres', q{
	SELECT bool_and(abs(calls_per_day * seconds / 86400 - calls) < 0.001)
	  FROM dbadvisor.workload_rates() r
	  JOIN LATERAL (SELECT sum(h.calls) AS calls FROM dbadvisor.history_statement h
					 WHERE h.userid = r.userid AND h.queryid = r.queryid) s ON true}), 't', 'rates per day');

is( $node->safe_psql('postgres', q{
	SELECT count(*) > 0, bool_and(abs(r.inserts_per_day * r.seconds / 86400 - h.inserts) < 0.001 AND abs(r.updates_per_day * r.seconds / 86400 - h.updates) < 0.001)
	  FROM dbadvisor.relation_rates() r
	  JOIN (SELECT relid, sum(inserts) AS inserts, sum(updates) AS updates FROM dbadvisor.history_relation GROUP BY 1) h USING (relid)}),
	't|t', 'of tables, too');

# Bounded in time: slices go as a whole, the newest stay.
my $slots = 'SELECT count(*), count(ends_at) FROM dbadvisor.history_slice WHERE starts_at IS NOT NULL';
is($node->safe_psql('postgres', $slots), '1|0', 'one slice is enough');
for (1 .. 9)
{
	$node->safe_psql('postgres', q{UPDATE dbadvisor.history_slice SET starts_at = starts_at - interval '5 days', ends_at = ends_at - interval '5 days'});
	snapshot();
}
is($node->safe_psql('postgres', $slots), '7|6', 'slices cover the retention');
$node->append_conf('postgresql.conf', q{dbadvisor.history_retention = '1d'});
$node->reload;
snapshot();
is($node->safe_psql('postgres', $slots), '2|1', 'a shorter retention frees the rest at once');

# Bounded in space.
$node->safe_psql('postgres', q{
	INSERT INTO dbadvisor.history_statement
	SELECT s.slot, now(), now() - interval '5 min', 10, g, true, false, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
	  FROM dbadvisor.history_slice s, generate_series(1, 60000) g WHERE s.starts_at IS NOT NULL});
$node->append_conf('postgresql.conf', q{dbadvisor.history_size = '8MB'});
$node->reload;
snapshot();
snapshot();
cmp_ok($node->safe_psql('postgres', 'SELECT sum(dbadvisor.history_bytes(n)) FROM generate_series(0, 7) n'), '<', 8 * 1024 * 1024, 'space is bounded');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM dbadvisor.history_snapshot WHERE since IS NOT NULL'), 't', 'the newest snapshots are there');

# Nothing of history is dumped, and a restored database can begin anew.
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dump');
unlike(slurp_file($dump), qr/history_|counter_/, 'without history');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', 'SELECT dbadvisor.take_snapshot() IS NOT NULL'), 't', 'and snapshots there');

# Without pg_stat_statements.
$node->safe_psql('restored', 'DROP EXTENSION pg_stat_statements; SELECT dbadvisor.take_snapshot()');
like($node->safe_psql('restored', $latest), qr/pg_stat_statements cannot be read/, 'what is missing is said');

$node->stop;
done_testing();
