# Evidence of a registered standby: an index that it uses is not proposed to be
# dropped, one that nobody uses is, and while it cannot be asked none is.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements'
autovacuum = off});
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dblink;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE orders AS
	SELECT g AS id, g % 1000 AS customer, g % 700 AS product, g % 7 AS state FROM generate_series(1, 100000) g;
	CREATE INDEX orders_product ON orders (product);
	CREATE INDEX orders_customer ON orders (customer);
	ANALYZE orders;
	SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_window_days": 0, "min_workload_days": 0, "min_size_bytes": 0, "min_table_activity": 0}')});
my $drops = q{SELECT object_name FROM dbadvisor.recommendations WHERE rule = 'index.unused' ORDER BY 1};
my $run = q{
	SELECT status, reason FROM dbadvisor.rule_run WHERE rule = 'index.unused' ORDER BY run_id DESC LIMIT 1};
$primary->safe_psql('postgres', 'SELECT count(*) FROM orders; SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $drops), "public.orders_customer\npublic.orders_product", 'both are unused here');
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.finding');

$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('reports');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

# Not registered, not asked, no server, a server that leads nowhere.
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
like($primary->safe_psql('postgres', $run), qr/standby evidence is missing: 1 replicas may use it/, 'not registered');
$primary->safe_psql('postgres', q{INSERT INTO dbadvisor.node (node) VALUES ('reports')});
$primary->safe_psql('postgres', 'SELECT dbadvisor.refresh_nodes(); SELECT dbadvisor.analyze()');
like($primary->safe_psql('postgres', $run), qr/standby reports has no server to ask/, 'registered without a server');
$primary->safe_psql('postgres', q{UPDATE dbadvisor.node SET server_name = 'host=/nowhere'});
is($primary->safe_psql('postgres', 'SELECT dbadvisor.refresh_nodes()'), '0', 'no connection string instead of a server');
is($primary->safe_psql('postgres', 'SELECT problem FROM dbadvisor.node'), '42704: its foreign server does not exist', 'and it says so');
my ($host, $port) = ($standby->host, $standby->port);
$primary->safe_psql('postgres', qq{
	CREATE SERVER reports FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host '$host', port '1', dbname 'postgres');
	CREATE USER MAPPING FOR CURRENT_USER SERVER reports;
	UPDATE dbadvisor.node SET server_name = 'reports'});
is($primary->safe_psql('postgres', 'SELECT dbadvisor.refresh_nodes()'), '0', 'unreachable');
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
like($primary->safe_psql('postgres', $run), qr/degraded\|2 suspect indexes are not proposed: standby evidence is missing: standby reports cannot be asked/,
	'unreachable: nothing is proposed, and why');

# A server that is not a copy.
my ($ownhost, $ownport) = ($primary->host, $primary->port);
$primary->safe_psql('postgres', qq{
	ALTER SERVER reports OPTIONS (SET host '$ownhost', SET port '$ownport');
	SELECT dbadvisor.refresh_nodes()});
like($primary->safe_psql('postgres', 'SELECT problem FROM dbadvisor.node'), qr/it is not a standby/, 'not a standby');
$primary->safe_psql('postgres', qq{
	CREATE DATABASE elsewhere;
	ALTER SERVER reports OPTIONS (SET dbname 'elsewhere');
	SELECT dbadvisor.refresh_nodes()});
like($primary->safe_psql('postgres', 'SELECT problem FROM dbadvisor.node'), qr/its database is not a copy of this one/, 'not this database');

# Reached: the index that only the standby uses is protected.
$standby->safe_psql('postgres', 'SET enable_seqscan = off; SELECT count(*) FROM orders WHERE product = 3');
$standby->safe_psql('postgres', 'SELECT pg_stat_force_next_flush()');
$primary->safe_psql('postgres', qq{
	ALTER SERVER reports OPTIONS (SET host '$host', SET port '$port', SET dbname 'postgres')});
is($primary->safe_psql('postgres', 'SELECT dbadvisor.refresh_nodes()'), '1', 'reached');
is( $primary->safe_psql('postgres', 'SELECT problem IS NULL, last_seen IS NOT NULL, usage_since IS NOT NULL, downstream FROM dbadvisor.node'),
	't|t|t|0', 'what is known of it');
is($primary->safe_psql('postgres', 'SELECT indexrelid::regclass, scans FROM dbadvisor.node_index'), 'orders_product|1', 'its usage');
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $drops), 'public.orders_customer', 'the other index is proposed');
is($primary->safe_psql('postgres', $run), 'ok|', 'the run is complete');
like( $primary->safe_psql('postgres', q{
	SELECT evidence #>> '{withheld,0,index}', evidence #>> '{withheld,0,gates,standby,detail}'
	  FROM dbadvisor.rule_run WHERE rule = 'index.unused' ORDER BY run_id DESC LIMIT 1}),
	qr/^public.orders_product\|it is used on standby reports: 1 scans since/, 'and why this is not');

# Usage there must be counted as long as here.
$primary->safe_psql('postgres', q{
	DELETE FROM dbadvisor.node_index;
	SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_window_days": 30}')});
like( $primary->safe_psql('postgres', q{
	SELECT dbadvisor.standby_gate('orders_product'::regclass, 'index.unused', NULL, dbadvisor.standby_gate())}),
	qr/"usage on standby reports is counted since .* only, 30 days are asked for", "passed": null/, 'the window of the standby counts');

# What it said goes stale; a second standby that nobody registered counts.
$primary->safe_psql('postgres', q{UPDATE dbadvisor.node SET last_seen = last_seen - interval '2 days'});
like($primary->safe_psql('postgres', 'SELECT dbadvisor.standby_gate()'), qr/standby reports was last asked at/, 'stale');
$primary->safe_psql('postgres', q{SELECT dbadvisor.refresh_nodes(); SELECT pg_create_physical_replication_slot('other')});
like($primary->safe_psql('postgres', 'SELECT dbadvisor.standby_gate()'), qr/1 replicas may use it/, 'another standby');

$standby->stop;
$primary->stop;
done_testing();
