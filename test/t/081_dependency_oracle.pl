# Dependencies and keys against brute force, on random tables: types, nulls,
# duplicates, collations, scales, -0.0 and NaN; and foreign keys, on random schemas.
# DBADVISOR_ORACLE_TABLES is how many tables (100), DBADVISOR_ORACLE_SEED chooses them;
# bench/dependency_oracle.sh takes more of the same.
use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tables = $ENV{DBADVISOR_ORACLE_TABLES} // 100;
my $seed = $ENV{DBADVISOR_ORACLE_SEED} // 0.5;
my $node = PostgreSQL::Test::Cluster->new('oracle');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nlc_monetary = 'C'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/../fixture/$_.sql"))
  foreach qw(dependency_oracle inclusion_oracle);

my ($status, $output, $messages) = $node->psql('postgres',
	"SET client_min_messages = notice; CALL try_tables($tables, $seed)", timeout => 3600);
is($status, 0, 'all tables were tried');
unlike($messages, qr/WARNING/, 'nothing differs');
like($messages, qr/compared \d{3,} and \d{2,} approximate/, 'and there was something to find');

($status, $output, $messages) = $node->psql('postgres',
	"SET jit = off; CALL try_schemas(20, $seed)", timeout => 3600);
is($status, 0, 'all schemas were tried');
unlike($messages, qr/WARNING/, 'no foreign key differs');
like($messages, qr/compared \d{2,} foreign keys/, 'and there was something to compare');
done_testing();
