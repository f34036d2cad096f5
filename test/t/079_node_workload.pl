# The workload of a registered standby: an index that only its statements need is
# advised, times add up, and what cannot be read is told.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements'
autovacuum = off
jit = off});
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dblink;
	CREATE EXTENSION dbadvisor;
	CREATE ROLE someone;
	GRANT dbadvisor_reader TO someone;
	CREATE TABLE orders AS
	SELECT g AS id, g % 5000 AS customer, repeat('x', 50) AS note FROM generate_series(1, 50000) g;
	ANALYZE orders});
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('reports');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
my ($host, $port) = ($standby->host, $standby->port);
$primary->safe_psql('postgres', qq{
	CREATE SERVER reports FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
	CREATE USER MAPPING FOR CURRENT_USER SERVER reports;
	INSERT INTO dbadvisor.node (node, server_name) VALUES ('reports', 'reports')});

# Nothing is run here; there a query wants an index.
my $missing = q{SELECT count(*) FROM dbadvisor.recommendations WHERE rule = 'index.missing' AND object_name = 'public.orders'};
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $missing), '0', 'nothing is missing here');
$standby->safe_psql('postgres', join('', map { "SELECT note FROM orders WHERE customer = $_;" } 1 .. 30));
is($primary->safe_psql('postgres', 'SELECT dbadvisor.refresh_nodes()'), '1', 'the standby is asked');
is( $primary->safe_psql('postgres', q{
	SELECT calls, rows, query FROM dbadvisor.node_statement WHERE query LIKE 'SELECT note%'}),
	'30|300|SELECT note FROM orders WHERE customer = $1', 'what it runs');
is( $primary->safe_psql('postgres', q{
	SELECT state, source, calls > 0, mean_ms > 0 FROM dbadvisor.workload WHERE query LIKE 'SELECT note%'}),
	'plannable|pg_stat_statements|t|t', 'is part of the workload');
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($primary->safe_psql('postgres', $missing), '1', 'and leads to advice');
is($primary->safe_psql('postgres', q{SELECT evidence_nodes FROM dbadvisor.finding WHERE rule = 'index.missing'}), '{reports}', 'which names the server');

# The same statement here and there: one statement, with the calls of both.
$primary->safe_psql('postgres', 'SELECT note FROM orders WHERE customer = 1');
is( $primary->safe_psql('postgres', q{
	SELECT count(*), bool_and(w.calls > 1), bool_and(w.counters ->> 'calls' = '1') FROM dbadvisor.workload w WHERE query LIKE 'SELECT note%'}),
	'1|t|t', 'merged by number and role');

# Texts are seen by those who may see them here.
is($primary->safe_psql('postgres', 'SET ROLE someone; SELECT count(*) FROM dbadvisor.node_statement'), '0', 'not by others');
is($primary->safe_psql('postgres', 'GRANT pg_read_all_stats TO someone; SET ROLE someone; SELECT count(*) > 0 FROM dbadvisor.node_statement'),
	't', 'but by pg_read_all_stats');

# A standby without pg_stat_statements tells its indexes alone.
$standby->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
$standby->restart;
is($primary->safe_psql('postgres', 'SELECT dbadvisor.refresh_nodes()'), '1', 'asked without pg_stat_statements');
like($primary->safe_psql('postgres', 'SELECT problem IS NULL, statements_since IS NULL, statements_problem FROM dbadvisor.node'),
	qr/^t\|t\|55000: .*pg_stat_statements must be loaded/, 'says what is missing');
is($primary->safe_psql('postgres', 'SELECT count(*) FROM dbadvisor.node_workload()'), '0', 'its workload has no say');

# Not reached, it is reported, and what is old has no say.
$standby->stop;
$primary->safe_psql('postgres', 'SELECT dbadvisor.refresh_nodes(); SELECT dbadvisor.analyze()');
like( $primary->safe_psql('postgres', q{
	SELECT status, reason FROM dbadvisor.rule_run WHERE rule = 'index.missing' ORDER BY run_id DESC LIMIT 1}),
	qr/^degraded\|.*the workload of standby reports is not known: /, 'unreachable: the rule says so');
$primary->stop;
done_testing();
