# What a client may send that the sampler has to bear: parameters in binary, ten
# thousand of them, and statements that share a queryid.
use strict;
use warnings;

use IO::Socket::UNIX;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

if (!$use_unix_sockets)
{
	plan skip_all => 'speaks the protocol over a Unix-domain socket';
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
dbadvisor.worker = off
dbadvisor.sampler_rate = 1
autovacuum = off
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE item (id int, name text, day date, price numeric, data bytea)});

# Samples of the statements whose normalised text is like this.
sub samples
{
	my ($like, $columns) = @_;
	return $node->safe_psql('postgres', "SELECT $columns FROM dbadvisor.parameter_sample s
		JOIN pg_stat_statements q USING (queryid, userid) WHERE q.query LIKE '$like' ORDER BY 1");
}

# A message of the protocol.
sub message
{
	my ($type, $body) = @_;
	return $type . pack('N', length($body) + 4) . $body;
}

# Read messages until the server is ready; returns their types.
sub answers
{
	my ($socket) = @_;
	my $types = '';
	while ($types !~ /Z$/)
	{
		my ($head, $body) = ('', '');
		read($socket, $head, 5) == 5 or die 'the server has left';
		my ($type, $length) = unpack('a N', $head);
		read($socket, $body, $length - 4) == $length - 4 or die 'the server has left';
		$types .= $type;
	}
	return $types;
}

# Run a statement with parameters of these types and bytes, all in one format (0
# text, 1 binary).
sub executed
{
	my ($socket, $query, $format, $types, @values) = @_;
	print $socket message('P', "\0$query\0" . pack('n N*', scalar(@$types), @$types))
	  . message('B', "\0\0" . pack('n n n', 1, $format, scalar(@values)) . join('', map { pack('N/a*', $_) } @values) . pack('n', 0))
	  . message('E', "\0" . pack('N', 0))
	  . message('S', '');
	$socket->flush;
	return answers($socket);
}

my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die "no connection: $!";
binmode $socket;
my $user = getpwuid($<);
my $start = pack('N', 196608) . "user\0$user\0database\0postgres\0\0";
print $socket pack('N', length($start) + 4) . $start;
$socket->flush;
answers($socket);

# In binary: an integer, a text, a date, a numeric, bytes.
my $query = 'SELECT id AS sent FROM item WHERE id = $1 AND name = $2 AND day = $3 AND price = $4 AND data = $5';
my @types = (23, 25, 1082, 1700, 17);
my @values = (pack('N', 42), 'a name', pack('N', 9530), pack('n6', 2, 0, 0, 1, 1, 5000), "\x01\xff");
like(executed($socket, $query, 1, \@types, @values), qr/^12[^E]*CZ$/, 'executed with binary parameters');
is( samples('SELECT id AS sent%', q{array_to_string(parameters, ' | '), constant}),
	'42 | a name | 2026-02-03 | 1.5 | \x01ff|{f,f,f,f,f}', 'which are read');
like(executed($socket, $query, 1, \@types, 'abc', @values[ 1 .. 4 ]), qr/^1EZ$/, 'a value that is none is an error of the client');
like(executed($socket, $query, 1, \@types, @values), qr/^12[^E]*CZ$/, 'and the session goes on');
is(samples('SELECT id AS sent%', 'count(*)'), '2', 'sampled');

# Ten thousand parameters: too many to be kept, and counted as such.
my $many = 'SELECT id AS many FROM item WHERE id = ANY (ARRAY[' . join(', ', map { "\$$_" } 1 .. 10000) . '])';
my $lost = q{SELECT lost_too_long FROM dbadvisor.sampler};
my $before = $node->safe_psql('postgres', $lost);
for my $format (0, 1)
{
	like(executed($socket, $many, $format, [ (23) x 10000 ], map { $format ? pack('N', $_) : $_ } 1 .. 10000), qr/^12[^E]*CZ$/,
		'ten thousand parameters ' . ($format ? 'in binary' : 'as text'));
}
is($node->safe_psql('postgres', $lost), $before + 2, 'given up');
is(samples('SELECT id AS many%', 'count(*)'), '0', 'none of them is kept');
close($socket);

# One queryid, several texts: names of columns are no part of it, and constants
# stand elsewhere.  Of two that are prepared at once the places in the last are
# known; the other is given up, never misread.
my $unknown = q{SELECT lost_unknown FROM dbadvisor.sampler};
$before = $node->safe_psql('postgres', $unknown);
$node->safe_psql('postgres', q{
	SELECT day AS a FROM item WHERE id = 31;
	SELECT /* further on */ day AS another FROM item WHERE id = 32;
	PREPARE one AS SELECT day AS b FROM item WHERE id = 33;
	PREPARE two AS SELECT day AS much_further_on FROM item WHERE id = 34;
	EXECUTE one;
	EXECUTE two;
	EXECUTE one});
is( $node->safe_psql('postgres', q{
	SELECT count(DISTINCT queryid), string_agg(DISTINCT parameters[1], ',' ORDER BY parameters[1]) FILTER (WHERE kept[1])
	  FROM dbadvisor.parameter_sample
	 WHERE queryid = (SELECT q.queryid FROM pg_stat_statements q WHERE q.query LIKE 'SELECT day AS a FROM item%')}),
	'1|31,32,34', 'each text with its own constants');
cmp_ok($node->safe_psql('postgres', $unknown), '>=', $before + 2, 'what is not known is counted');

$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'the server is unharmed');
done_testing();
