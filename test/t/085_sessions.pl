# Rules about what is going on, with sessions that wait, idle and take connections,
# on a primary and on a standby; each next to one that is nearly so.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', q{
autovacuum = off
max_prepared_transactions = 5
max_connections = 25
superuser_reserved_connections = 3
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION dbadvisor;
	CREATE ROLE clerk LOGIN;
	CREATE TABLE stock (id int PRIMARY KEY, amount int);
	CREATE TABLE other (id int PRIMARY KEY);
	INSERT INTO stock VALUES (1, 10), (2, 10);
	GRANT SELECT, UPDATE ON stock TO clerk;
});

# A session with a name, so that findings can be told apart.
sub session
{
	my ($name, $server) = @_;
	my $session = ($server // $node)->background_psql('postgres', on_error_stop => 0);
	$session->query_safe("SET application_name = '$name'");
	return $session;
}

# What a rule says on a server, in these columns.
sub said
{
	my ($rule, $columns, $server) = @_;
	return ($server // $node)->safe_psql('postgres',
		'SELECT ' . $columns . ' FROM dbadvisor.rule_' . ($rule =~ s/\./_/r)
		  . " WHERE object_type <> 'rule' ORDER BY object_type, object_name");
}

# Wait until a rule says nothing any more: what ends a session does not wait for it.
sub gone
{
	my ($rule, $server) = @_;
	return ($server // $node)->poll_query_until('postgres',
		'SELECT count(*) = 0 FROM dbadvisor.rule_' . ($rule =~ s/\./_/r) . " WHERE object_type <> 'rule'");
}

# Wait until a session is in a state that a condition on pg_stat_activity tells.
sub wait_for
{
	my ($name, $condition, $server) = @_;
	($server // $node)->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$name' AND $condition")
	  or die "$name is not: $condition";
	return;
}

sub thresholds
{
	my ($rule, $thresholds, $pattern) = @_;
	$node->safe_psql('postgres', "SELECT dbadvisor.set_rule('$rule', thresholds => '$thresholds', object_pattern => '"
		  . ($pattern // '*') . "')");
	return;
}

# A chain: first has the row, second waits for it and has another row, third waits
# for that one, and a change of the table waits for all of them.
my ($first, $second, $third, $change) = map { session($_) } qw(first second third change);
$first->query_safe(q{BEGIN; UPDATE stock SET amount = 4711 WHERE id = 1});
$second->query_safe('BEGIN; UPDATE stock SET amount = 9 WHERE id = 2');
$second->query_until(qr/sent/, "\\echo sent\nUPDATE stock SET amount = 8 WHERE id = 1;\n");
wait_for('second', "wait_event_type = 'Lock'");
$third->query_until(qr/sent/, "\\echo sent\nUPDATE stock SET amount = 7 WHERE id = 2;\n");
wait_for('third', "wait_event_type = 'Lock'");
thresholds('maintenance.session_blocks', '{"min_wait_s": 1000}');
is(said('maintenance.session_blocks', 'object_name'), '', 'a wait of moments is nothing');
thresholds('maintenance.session_blocks', '{"min_wait_s": 0}');
is(said('maintenance.session_blocks', q{object_type, split_part(object_name, ' by ', 1), severity, evidence ->> 'waiters', evidence ->> 'direct_waiters', evidence ->> 'state', evidence ->> 'lock_types'}),
	'session|first|medium|2|1|idle in transaction|transactionid', 'the root of a chain is named, with all that wait for it');
$change->query_until(qr/sent/, "\\echo sent\nALTER TABLE stock ADD COLUMN note text;\n");
wait_for('change', "wait_event_type = 'Lock'");
is(said('maintenance.session_blocks', q{split_part(object_name, ' by ', 1), evidence ->> 'waiters', evidence ->> 'relations'}),
	'first|3|public.stock', 'a change of the schema in the queue counts, and its table is named');
thresholds('maintenance.session_blocks', '{"high_waiters": 3}');
is(said('maintenance.session_blocks', 'severity'), 'high', 'severity grows with those that wait');
unlike(said('maintenance.session_blocks', "title, detail, evidence, contains_values"), qr/4711|UPDATE/, 'no text and no value is shown');
like($node->safe_psql('postgres', q{LOAD 'dbadvisor'; SET dbadvisor.include_values = on; SELECT contains_values, evidence ->> 'statement' FROM dbadvisor.rule_maintenance_session_blocks WHERE object_type = 'session'}),
	qr/^t\|.*4711/, 'unless values are asked for');
is($node->safe_psql('postgres', q{SET ROLE clerk; RESET ROLE; GRANT dbadvisor_reader TO clerk; SET ROLE clerk;
	SELECT variant FROM dbadvisor.rule_maintenance_session_blocks WHERE object_type = 'rule'}),
	'degraded', 'who cannot see all sessions says so');

# The same session is idle in a transaction, since moments; another one holds a lock
# that stops writers; one that has done nothing in its transaction is of little harm.
is(said('maintenance.session_idle', 'object_name'), '', 'idle for moments is nothing');
my ($locker, $nothing, $outside) = map { session($_) } qw(locker nothing outside);
$locker->query_safe('BEGIN; LOCK TABLE other IN SHARE MODE');
$nothing->query_safe('BEGIN; SELECT 1');
thresholds('maintenance.session_idle', '{"max_seconds": 0}', "$_ by *") for qw(first locker nothing outside);
$node->safe_psql('postgres', q{UPDATE dbadvisor.rule_setting SET thresholds = '{"max_seconds": 0.0001, "high_factor": 100000000}' WHERE rule = 'maintenance.session_idle'});
is(said('maintenance.session_idle', q{split_part(object_name, ' by ', 1), severity, evidence ->> 'stops_writers_of', evidence ? 'age_xids'}),
	"first|medium||t\nlocker|medium|public.other|f\nnothing|low||f", 'what an idle transaction holds decides');
my $kept = said('maintenance.session_idle', q{apply_sql});
$node->safe_psql('postgres', $_) for split /\n/, $kept;
ok(gone('maintenance.session_idle'), 'the sessions are gone once the statements were run');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' AND pid = (SELECT pid FROM pg_stat_activity WHERE application_name = 'second')")
  or die 'second still waits';
is(said('maintenance.session_blocks', q{split_part(object_name, ' by ', 1), evidence ->> 'waiters'}),
	'second|2', 'then the next one is the root');
like(said('maintenance.session_blocks', 'apply_sql'), qr/^SELECT pg_terminate_backend\(pid\) FROM pg_stat_activity WHERE pid = \d+ AND backend_start = '/,
	'a session is told by its start as well');
is($second->query_safe('SELECT amount FROM stock WHERE id = 1'), '8', 'the update that waited has found the row as it was before the first one');
$second->query_safe('COMMIT');
$_->query_safe('SELECT 1') for $third, $change;
is(said('maintenance.session_blocks', 'object_name'), '', 'and nobody when nobody waits');
$_->quit for $second, $third, $change, $outside;

# A long statement; not one that waits for a lock, or that has just begun.
my ($long, $short) = map { session($_) } qw(long short);
$long->query_until(qr/sent/, "\\echo sent\nSELECT pg_sleep(1000);\n");
$short->query_until(qr/sent/, "\\echo sent\nSELECT pg_sleep(1000);\n");
wait_for($_, "wait_event = 'PgSleep'") for qw(long short);
is(said('maintenance.statement_long', 'object_name'), '', 'a statement of moments is nothing');
thresholds('maintenance.statement_long', '{"max_seconds": 0.0001}', 'long by *');
thresholds('maintenance.statement_long', '{"medium_factor": 100000000}');
is(said('maintenance.statement_long', q{split_part(object_name, ' by ', 1), severity, evidence ->> 'wait_event', evidence ? 'statement'}),
	'long|low|PgSleep|f', 'a limit holds for an application');
my $cancel = said('maintenance.statement_long', 'apply_sql');
like($cancel, qr/pg_cancel_backend/, 'a statement is cancelled, its session stays');
$node->safe_psql('postgres', $cancel);
wait_for('long', "state = 'idle'");
is(said('maintenance.statement_long', 'object_name'), '', 'then it is gone');
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'short'");
$_->quit for $long, $short;

# A prepared transaction: with its locks, and as the root of a chain.
$node->safe_psql('postgres', q{BEGIN; UPDATE stock SET amount = 0 WHERE id = 1; PREPARE TRANSACTION 'it''s mine'});
is(said('maintenance.transaction_prepared', 'object_name'), '', 'one that was prepared just now is nothing');
thresholds('maintenance.transaction_prepared', '{"max_seconds": 0.0001, "high_factor": 100000000}');
is(said('maintenance.transaction_prepared', q{object_name, severity, safety, evidence ->> 'relations', (evidence ->> 'locks')::int > 0, apply_sql}),
	"it's mine|medium|loses_data|public.stock|t|ROLLBACK PREPARED 'it''s mine'", 'one that is not ended is named with what it holds');
my $waiter = session('waiter');
$waiter->query_until(qr/sent/, "\\echo sent\nUPDATE stock SET amount = 6 WHERE id = 1;\n");
wait_for('waiter', "wait_event_type = 'Lock'");
is(said('maintenance.session_blocks', q{object_type, variant IS NULL, evidence ->> 'waiters', apply_sql IS NULL}),
	'prepared transaction|t|1|t', 'it is the root of a chain');
$node->safe_psql('postgres', said('maintenance.transaction_prepared', 'apply_sql'));
is(said('maintenance.transaction_prepared', 'object_name'), '', 'and gone when it is rolled back');
$waiter->query_safe('SELECT 1');
$waiter->quit;

# Connections: of the server, of a database, of a role; few limits are meant to be reached.
$node->safe_psql('postgres', q{
	ALTER ROLE clerk CONNECTION LIMIT 5;
	CREATE ROLE replica LOGIN CONNECTION LIMIT 1});
my @clerks = map { $node->background_psql('postgres', extra_params => [ '-U', 'clerk' ]) } 1 .. 3;
my $replica = $node->background_psql('postgres', extra_params => [ '-U', 'replica' ]);
is(said('maintenance.connections_scarce', 'object_name'), '', 'three of five is no news, nor one of one');
push @clerks, $node->background_psql('postgres', extra_params => [ '-U', 'clerk' ]);
is(said('maintenance.connections_scarce', q{object_type, object_name, severity, evidence ->> 'taken', evidence ->> 'connection_limit', evidence ->> 'idle', evidence -> 'by_database'}),
	'role|clerk|medium|4|5|4|{"postgres": 4}', 'four of five is');
push @clerks, $node->background_psql('postgres', extra_params => [ '-U', 'clerk' ]);
is(said('maintenance.connections_scarce', q{severity, detail LIKE '%role clerk has most, 5%'}), 'high|t', 'and five of five is high');
$node->safe_psql('postgres', 'ALTER ROLE clerk CONNECTION LIMIT -1; ALTER DATABASE postgres CONNECTION LIMIT 8');
is(said('maintenance.connections_scarce', q{object_type, object_name, evidence ->> 'taken', evidence -> 'by_role' ->> 'clerk'}),
	'database|postgres|7|5', 'a database has a limit too');
$node->safe_psql('postgres', 'ALTER DATABASE postgres CONNECTION LIMIT -1');
push @clerks, map { $node->background_psql('postgres', extra_params => [ '-U', 'clerk' ]) } 1 .. 11;
is(said('maintenance.connections_scarce', q{object_type, object_name, evidence ->> 'connection_limit', (evidence ->> 'taken')::int >= 18}),
	'configuration|max_connections|22|t', 'and so has the server, without what is reserved');
$_->quit for @clerks, $replica;
ok(gone('maintenance.connections_scarce'), 'it is over when they have gone');

# On a standby the same rules run, and the replay is one that waits.
thresholds('maintenance.replay_held', '{"max_seconds": 0.0001}');
$node->safe_psql('postgres', 'DELETE FROM dbadvisor.rule_setting WHERE rule = $$maintenance.session_idle$$');
thresholds('maintenance.session_idle', '{"max_seconds": 0.0001}');
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = -1');
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
my ($reader, $bystander) = map { session($_, $standby) } qw(reader bystander);
$reader->query_safe('BEGIN; SELECT count(*) FROM stock');
$bystander->query_safe('BEGIN; SELECT count(*) FROM other');
is(said('maintenance.replay_held', 'object_name', $standby), '', 'the replay of a standby that keeps up waits for nobody');
is(said('maintenance.session_idle', q{split_part(object_name, ' by ', 1)}, $standby), "bystander\nreader", 'idle sessions are seen there');
is(said('maintenance.replay_held', 'object_name'), '', 'a primary has no replay');
$node->safe_psql('postgres', 'ALTER TABLE stock ADD COLUMN more text');
$standby->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'startup' AND wait_event_type = 'Lock'")
  or die 'the replay does not wait';
is(said('maintenance.replay_held', q{object_name, evidence ->> 'relations', jsonb_array_length(evidence -> 'sessions'), split_part(evidence -> 'sessions' -> 0 ->> 'session', ' by ', 1)}, $standby),
	'max_standby_streaming_delay|public.stock|1|reader', 'who has the lock that the replay wants is named');
$standby->safe_psql('postgres', said('maintenance.replay_held', 'apply_sql', $standby));
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
ok(gone('maintenance.replay_held', $standby), 'without him it goes on');
$bystander->quit;

$standby->stop;
$node->stop;
done_testing();
