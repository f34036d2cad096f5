# Index advice over sampled values: a constant that all executions have makes a
# partial index, a prefix its own, a hot value none; what the values are is not
# told.
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
dbadvisor.sampler_rate = 1
autovacuum = off
jit = off
max_parallel_workers_per_gather = 0
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements; CREATE EXTENSION dbadvisor');

# Make a table, forget all statements, run this as a client, and return the
# definitions of the indexes that are advised.
sub advised
{
	my ($table, @client) = @_;
	$node->safe_psql('postgres', "DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop; SET search_path = shop; $table");
	$node->safe_psql('postgres', 'VACUUM ANALYZE');
	$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset(); SELECT dbadvisor.sampler_reset()');
	$node->safe_psql('postgres', "SET search_path = shop;\n" . join(";\n", @client));
	return $node->safe_psql('postgres', q{SELECT replace(definition, 'CONCURRENTLY ', '') FROM dbadvisor.search_indexes() WHERE step > 0 ORDER BY 1});
}

# What a statement on the table is planned with.
sub planned_with
{
	return $node->safe_psql('postgres', "SELECT parameters, parameter_sets, search_path FROM dbadvisor.workload
		WHERE state = 'plannable' AND query LIKE '%FROM %" . shift . "%'");
}

my $queue = q{CREATE TABLE job AS
	SELECT i AS id, CASE WHEN i % 10 < 6 THEN 1 ELSE 2 + i % 500 END AS tenant,
	       CASE WHEN i % 200 = 7 THEN 'pending' ELSE 'done' END AS status, now() + i * interval '1 s' AS due, md5(i::text) AS note
	  FROM generate_series(1, 100000) i};

# Each client asks for what is pending of another tenant, all of them alike: which
# of the executions are kept must not matter.
my $got = advised($queue, map { "SELECT * FROM job WHERE status = 'pending' AND tenant = $_ ORDER BY due LIMIT 10" } 10 .. 39);
like($got, qr/\ACREATE INDEX [^\n]+ \(tenant\) WHERE \(status = 'pending'::text\)\z/, 'a constant of all calls becomes the predicate');
like(planned_with('job'), qr/\Asampled\|\d\|shop\z/, 'values and search path are the sampled ones');
is( $node->safe_psql('postgres', q{SELECT count(*) FROM dbadvisor.recommend_indexes() a
	WHERE a::text LIKE '%pending%' OR a.contains_values IS NOT TRUE}), '0', 'advice does not tell it');
is( $node->safe_psql('postgres', q{SET dbadvisor.include_values = on; SELECT count(*) FROM dbadvisor.recommend_indexes() a
	WHERE a.apply_sql LIKE '%pending%' AND a.evidence::text LIKE '%"parameters": "sampled"%'}), '1', 'unless it may, and names its source');

# The hot tenant in most calls, but not in nearly all: no predicate.
$got = advised($queue, map { 'SELECT note FROM job WHERE due > now() - interval \'1 day\' AND id < 500 AND tenant = ' . ($_ % 5 ? 1 : $_) } 1 .. 40);
unlike($got, qr/WHERE/, 'a constant of most calls does not');
# Too few executions to tell.
$got = advised($queue, map { "SELECT * FROM job WHERE status = 'pending' AND tenant = $_" } 1 .. 8);
unlike($got, qr/WHERE/, 'nor one of few calls');
# The key of a document is part of the statement after few; not after fewer.
my $documents = q{CREATE TABLE event AS
	SELECT i AS id, jsonb_build_object('page', i % 1000, 'size', md5(i::text)) AS body FROM generate_series(1, 50000) i};
$got = advised($documents, map { "SELECT id FROM event WHERE body ->> 'page' = '$_'" } 1 .. 5);
like($got, qr/\(\(\(body ->> 'page'::text\)\)\)/, 'the key of a document is a constant after few calls');
$got = advised($documents, map { "SELECT id FROM event WHERE body ->> 'page' = '$_'" } 1 .. 3);
is($got, '', 'not after fewer');
# A generic plan cannot use a partial index.
$got = advised($queue, "PREPARE p AS SELECT * FROM job WHERE status = \$1 AND tenant = \$2", map { "EXECUTE p('pending', $_)" } 1 .. 30);
unlike($got, qr/WHERE/, 'nor a bound value');
like(planned_with('job'), qr/\Asampled/, 'which is planned with all the same');

# The hot tenant wants all its rows: no index.
my $hot = advised($queue, map { 'SELECT * FROM job WHERE tenant = 1' } 1 .. 30);
is($hot, '', 'no index where the hot value reads most of the table');
# Rare ones only: an index.
my $rare = advised($queue, map { "SELECT * FROM job WHERE tenant = $_" } 10 .. 40);
like($rare, qr/\(tenant\)/, 'an index where rare values are asked for');

# Prefixes and infixes.
my $files = q{CREATE TABLE file AS SELECT i AS id, format('/%s/%s/%s', md5((i % 50)::text), md5((i % 5000)::text), i) AS path FROM generate_series(1, 100000) i};
$got = advised($files, map { "SELECT * FROM file WHERE path LIKE '/" . 'c4ca4238a0b923820dcc509a6f75849b' . "/$_%'" } 1 .. 9);
like($got, qr/\(path( pg_catalog\.text_pattern_ops)?\)/, 'a prefix gets its index');
$got = advised($files, map { "SELECT * FROM file WHERE path LIKE '%$_$_$_$_$_$_'" } 1 .. 9);
unlike($got, qr/\(path/, 'a pattern that begins with anything does not');

# A key of a document that all calls ask for.
my $documents = q{CREATE TABLE document AS SELECT i AS id, jsonb_build_object('mail', md5(i::text), 'phone', i) AS data FROM generate_series(1, 50000) i};
$got = advised($documents, map { "SELECT * FROM document WHERE data ->> 'mail' = 'm$_'" } 1 .. 25);
like($got, qr/\(\(\(?data ->> 'mail'::text\)?\)\)/, 'the key becomes part of an expression');
$got = advised($documents, map { "SELECT * FROM document WHERE data ->> '" . ($_ % 2 ? 'mail' : 'phone') . "' = 'm$_'" } 1 .. 30);
is($got, '', 'not where it changes');

# Samples that do not fit harm nothing.
$got = advised($queue, map { "SELECT * FROM job WHERE id = '$_'" } 1 .. 3);
like($got, qr/\(id\)/, 'a string for a number');
$node->safe_psql('postgres', q{SET search_path = shop; PREPARE q AS SELECT note FROM job WHERE tenant = $1; EXECUTE q(NULL)});
like(planned_with('job WHERE tenant'), qr/\Asampled/, 'null is a value');

# A statement may be dropped or changed after it was sampled.
$node->safe_psql('postgres', 'ALTER TABLE shop.job ALTER tenant TYPE text');
is($node->safe_psql('postgres', q{SELECT count(*) > 0 FROM dbadvisor.workload}), 't', 'another type of the column');
$node->safe_psql('postgres', 'DROP SCHEMA shop CASCADE');
is($node->safe_psql('postgres', q{SELECT count(*) FROM dbadvisor.workload WHERE state = 'plannable' AND query LIKE '%FROM job%'}), '0', 'no table any more');

done_testing();
