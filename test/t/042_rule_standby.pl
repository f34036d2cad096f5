# Every rule can be asked on a hot standby, and pages are measured there.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', 'autovacuum = off');
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION dbadvisor;
	CREATE TABLE half (id int, v text);
	INSERT INTO half SELECT i, md5(i::text) FROM generate_series(1, 20000) i;
	DELETE FROM half WHERE id % 2 = 0;
	VACUUM ANALYZE half;
	CREATE UNLOGGED TABLE fleeting (id int);
	INSERT INTO fleeting SELECT generate_series(1, 100);
	CREATE FUNCTION reads() RETURNS SETOF int LANGUAGE sql AS 'SELECT id FROM half';
});
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

my $rules = $standby->safe_psql('postgres', q{
	SELECT rule FROM dbadvisor.rule
	 WHERE source = 'view' AND category IN ('maintenance', 'security', 'schema', 'statistics') ORDER BY 1});
my @failed;
for my $rule (split /\n/, $rules)
{
	my ($status, undef, $error) = $standby->psql('postgres',
		'SELECT count(*) FROM dbadvisor.rule_' . ($rule =~ s/\./_/r));
	push @failed, "$rule: $error" if $status != 0;
}
is_deeply(\@failed, [], 'every rule runs on a standby');

is( $standby->safe_psql('postgres', q{
		SELECT measured_wasted_bytes > 0.4 * size_bytes, pages_sampled, problem IS NULL
		  FROM dbadvisor.measure_bloat('half', 100) WHERE kind = 'table'}),
	't|100|t', 'pages are measured on a standby');
is( $standby->safe_psql('postgres', q{SELECT problem FROM dbadvisor.page_sample('fleeting'::regclass, 10)}),
	'it is not there on a standby', 'an unlogged table is told');

$standby->stop;
$primary->stop;
done_testing();
