# A standby may use an index that the primary does not: while one is attached,
# or has a slot, no index is proposed to be dropped, and the run says why.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION dbadvisor;
	CREATE TABLE orders AS
	SELECT g AS id, g % 1000 AS customer, g % 7 AS state FROM generate_series(1, 20000) g;
	CREATE INDEX orders_one ON orders (customer);
	CREATE INDEX orders_two ON orders (customer);
	ANALYZE orders});
$primary->safe_psql('postgres', q{
	SELECT dbadvisor.workload_add('SELECT * FROM orders WHERE customer = $1', 1000, 5)});

my $run = q{
	SELECT status, reason FROM dbadvisor.rule_run
	 WHERE rule = 'index.duplicate' ORDER BY run_id DESC LIMIT 1};
my $open = q{
	SELECT object_name FROM dbadvisor.recommendations WHERE rule = 'index.duplicate'};
my $drops = q{
	SELECT count(*) FROM dbadvisor.recommendations
	 WHERE rule LIKE 'index.%' AND apply_sql LIKE 'DROP INDEX%'};

# Without a standby the twin is found.
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $open), 'public.orders_two', 'the twin is proposed');
is($primary->safe_psql('postgres', $run), 'ok|', 'and the run is complete');
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.finding');

# With one it is not.
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $drops), '0', 'nothing is proposed with a standby');
like($primary->safe_psql('postgres', $run),
	qr/^degraded\|1 suspect index is not proposed: standby evidence is missing: 1 replicas/,
	'the run says why');
is( $primary->safe_psql('postgres', q{
	SELECT evidence #>> '{withheld,0,index}', evidence #> '{withheld,0,gates,standby,passed}'
	  FROM dbadvisor.rule_run WHERE rule = 'index.duplicate' ORDER BY run_id DESC LIMIT 1}),
	'public.orders_two|null', 'the gate is unknown');
is( $standby->safe_psql('postgres', q{
	SELECT count(*) FILTER (WHERE object_type <> 'rule'), max(detail) FROM dbadvisor.rule_index_duplicate}),
	'0|1 suspect index is not proposed: this is a standby: usage on the primary is not known',
	'nor on the standby');

# One that is away for a moment still counts when it has a slot.
$standby->stop;
$primary->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_stat_replication');
$primary->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('away')});
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $drops), '0', 'nothing is proposed with a slot');

# A finding that was open stays so: the standby does not make it untrue.
$primary->safe_psql('postgres', q{SELECT pg_drop_replication_slot('away')});
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $open), 'public.orders_two', 'proposed when it is gone');
$primary->safe_psql('postgres', q{INSERT INTO dbadvisor.node (node) VALUES ('reports')});
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is( $primary->safe_psql('postgres', q{SELECT status FROM dbadvisor.finding WHERE rule = 'index.duplicate'}),
	'open', 'still open');

# Nothing is left of them.
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.node');
is($primary->safe_psql('postgres', q{SELECT dbadvisor.standby_gate() -> 'passed'}), 'true', 'none is left');

# A crash forgets the counters: the window begins anew.
my $before = $primary->safe_psql('postgres', 'SELECT clock_timestamp()');
$primary->stop('immediate');
$primary->start;
is($primary->safe_psql('postgres', "SELECT dbadvisor.usage_since() > '$before'"), 't', 'window begins after a crash');
$before = $primary->safe_psql('postgres', 'SELECT clock_timestamp()');
$primary->restart;
is($primary->safe_psql('postgres', "SELECT dbadvisor.usage_since() < '$before'"), 't', 'but not after a restart');

$primary->stop;
done_testing();
