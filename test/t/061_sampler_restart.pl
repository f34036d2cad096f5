# Samples over restarts: a clean one keeps them, a damaged file and a crash do
# not, and memory stays at its bound.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'dbadvisor'
dbadvisor.worker = off
dbadvisor.sampler_rate = 1
dbadvisor.sampler_size = 1MB
autovacuum = off
restart_after_crash = on
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor; CREATE TABLE item (id int, name text)');
my $file = $node->data_dir . '/pg_stat/dbadvisor.stat';

# Something to find again, and what is found of it.
sub leave_mark
{
	$node->safe_psql('postgres', "SELECT name FROM item WHERE id = $_[0]");
	return;
}
sub mark
{
	return $node->safe_psql('postgres', "SELECT count(*) FROM dbadvisor.parameter_sample WHERE parameters = '{$_[0]}'");
}

# Stop, do something to the file, start, and look into the log.
sub restart_with
{
	my ($change) = @_;
	$node->stop;
	$change->() if $change;
	my $from = -s $node->logfile;
	$node->start;
	return slurp_file($node->logfile, $from);
}

leave_mark(1001);
my $log = restart_with();
is(mark(1001), '1', 'a clean restart keeps the samples');
unlike($log, qr/ignoring file/, 'and has no complaint');
ok(!-e $file, 'the file is gone once it is read');

# Files that are not as we wrote them.
my %damage = (
	'a bit that has changed' => sub { my $text = slurp_file($file); substr($text, length($text) / 2, 1) ^= "\x10"; unlink $file; append_to_file($file, $text); },
	'a file cut off' => sub { truncate($file, (-s $file) - 100) or die $!; },
	'an empty file' => sub { truncate($file, 0) or die $!; },
	'bytes behind the end' => sub { append_to_file($file, 'more'); },
	'another version' => sub { my $text = slurp_file($file); substr($text, 0, 4) = "\x01\x02\x03\x04"; unlink $file; append_to_file($file, $text); },
	'something else' => sub { unlink $file; append_to_file($file, "not ours\n" x 1000); });
for my $name (sort keys %damage)
{
	leave_mark(2002);
	$log = restart_with($damage{$name});
	like($log, qr/ignoring file "pg_stat\/dbadvisor.stat"/, "$name: stated");
	is(mark(2002), '0', "$name: not used");
}

# Another size of the sets is another file; more or less memory is not.
leave_mark(3003);
restart_with(sub { $node->append_conf('postgresql.conf', 'dbadvisor.sampler_size = 4MB') });
is(mark(3003), '1', 'kept with more memory');
restart_with(sub { $node->append_conf('postgresql.conf', 'dbadvisor.sampler_size = 1MB') });
is(mark(3003), '1', 'kept with less memory');
$log = restart_with(sub { $node->append_conf('postgresql.conf', 'dbadvisor.sampler_max_set_bytes = 512') });
like($log, qr/ignoring file/, 'not with sets of another size');

# A backend is killed while its statement is being sampled.
leave_mark(5005);
my $victim = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $victim->query_safe('SELECT pg_backend_pid()');
$victim->query_until(qr/asleep/, "\\echo asleep\nSELECT pg_sleep(600) FROM generate_series(1, 2);\n");
$node->poll_query_until('postgres', "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $pid") or die 'it does not sleep';
kill 'KILL', $pid;
$victim->{run}->finish;
my $answer = '';
for (1 .. 600)
{
	last if $node->psql('postgres', q{SELECT state FROM dbadvisor.sampler}, stdout => \$answer) == 0;
	select(undef, undef, undef, 0.1);
}
is($answer, 'on', 'the server comes back');
is(mark(5005), '0', 'with an empty sampler');
leave_mark(6006);
is(mark(6006), '1', 'that works');

# A hundred thousand distinct statements: as many entries as there is room for.
my $names = 100000;
my $memory = q{SELECT allocated_size FROM pg_shmem_allocations WHERE name = 'dbadvisor sampler'};
my $size = $node->safe_psql('postgres', $memory);
cmp_ok($size, '<=', 1024 * 1024, 'memory as set');
# Aliases are no part of a queryid, lists of columns are: 17 bits choose them.
my $many = $node->basedir . '/many.sql';
open(my $out, '>', $many) or die $!;
for my $n (0 .. $names - 1)
{
	print $out 'SELECT ', join(', ', map { ($n >> $_) & 1 ? 'id' : 'name' } 0 .. 16), " FROM item WHERE id = $n;\n";
}
close($out);
$node->command_ok([ 'psql', '-XqAt', '-o', $node->basedir . '/many.out', '-f', $many, '-d', $node->connstr('postgres') ], "$names distinct statements");
my ($statements, $capacity, $evicted, $bytes) = split /\|/, $node->safe_psql('postgres', 'SELECT statements, capacity, evicted, value_bytes FROM dbadvisor.sampler');
cmp_ok($statements, '<=', $capacity, 'no more statements than there is room for');
cmp_ok($statements, '>', $capacity / 2, 'and the room is used');
cmp_ok($evicted, '>', $names / 2, 'the others have gone');
cmp_ok($bytes, '<', $size, 'their bytes fit');
is($node->safe_psql('postgres', $memory), $size, 'memory has not grown');
leave_mark(7007);
is(mark(7007), '1', 'a new statement finds its place');

done_testing();
