# On a hot standby advice is given live; storing it is refused with a hint.
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
	CREATE SCHEMA shop;
	CREATE TABLE shop.orders AS
	SELECT g AS id, g % 1000 AS customer_id, repeat('x', 100) AS note
	  FROM generate_series(1, 20000) g;
	ANALYZE shop.orders});
$primary->safe_psql('postgres', q{
	SELECT dbadvisor.workload_add('SELECT note FROM shop.orders WHERE customer_id = $1', 1000, 5)});
$primary->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
$primary->backup('copy');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

my $advice = q{
	SELECT rule, object_name, variant, apply_sql
	  FROM dbadvisor.recommend_indexes(max_columns => 1)};
my $of_primary = $primary->safe_psql('postgres', $advice);
like($of_primary, qr/^index\.missing\|shop\.orders\|USING btree \(customer_id\)/, 'advice on the primary');
is($standby->safe_psql('postgres', $advice), $of_primary, 'the same advice on the standby');
my $frontier = 'SELECT budget_bytes, index_count, indexes FROM dbadvisor.index_frontier(points => 2)';
is($standby->safe_psql('postgres', $frontier),
	$primary->safe_psql('postgres', $frontier), 'what each budget buys on the standby');

like($standby->safe_psql('postgres', 'SELECT title FROM dbadvisor.recommendations'),
	qr/^Create an index on shop\.orders \(customer_id/m, 'stored advice can be read');
like($standby->safe_psql('postgres', 'SELECT dbadvisor.report_text()'),
	qr/Create an index on shop\.orders/, 'and reported');

is($standby->safe_psql('postgres', q{
	SELECT string_agg(DISTINCT e.section, ' ' ORDER BY e.section)
	  FROM dbadvisor.recommendations r, dbadvisor.explain_finding(r.finding_id) e
	 WHERE e.section IN ('clause', 'plan_before', 'plan_after')}),
	'clause plan_after plan_before', 'a finding is explained on the standby');
my ($status, $output, $errors) = $standby->psql('postgres', 'SELECT dbadvisor.analyze()');
is($status, 3, 'analyze() fails on the standby');
like($errors, qr/ERROR:  cannot store an analysis on a standby/, 'it says why');
like($errors, qr/HINT:  Call dbadvisor\.recommend_indexes\(\) here/, 'it says what to do');

# After promotion it is a server as any other.
$standby->promote;
is($standby->safe_psql('postgres', q{SELECT dbadvisor.analyze('{index}') > 0}), 't', 'analyze() after promotion');

$standby->stop;
$primary->stop;
done_testing();
