# Rules about replication on real servers: a primary, a standby with a slot, a
# standby of the standby and a subscriber.  With all well no rule fires; each
# fault is found with its severity, and what is printed mends it.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->append_conf('postgresql.conf', q{
autovacuum = off
max_slot_wal_keep_size = '1GB'
max_wal_size = '64MB'
min_wal_size = '32MB'
wal_init_zero = off
max_prepared_transactions = 2});
$primary->start;
my $major = $primary->safe_psql('postgres', 'SELECT current_setting($$server_version_num$$)::int / 10000');
$primary->safe_psql('postgres', q{
	CREATE EXTENSION dbadvisor;
	CREATE TABLE item (id int PRIMARY KEY, v text);
	INSERT INTO item SELECT g, 'v' FROM generate_series(1, 1000) g;
	CREATE TABLE pad (i int);
	CREATE PUBLICATION pub FOR TABLE item;
	CREATE ROLE watcher LOGIN IN ROLE pg_monitor;
	CREATE ROLE reader LOGIN IN ROLE dbadvisor_reader;
	SELECT pg_create_physical_replication_slot('sb1')});
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('sb1');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->append_conf('postgresql.conf', "primary_slot_name = 'sb1'");
$standby->start;
$standby->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('sb2')});
my $cascade = PostgreSQL::Test::Cluster->new('sb2');
$cascade->init_from_backup($primary, 'copy');
$cascade->enable_streaming($standby);
$cascade->append_conf('postgresql.conf', "primary_slot_name = 'sb2'");
$cascade->start;

my $archive = PostgreSQL::Test::Utils::tempdir();
my $subscriber = PostgreSQL::Test::Cluster->new('sub');
$subscriber->init(allows_streaming => 1);
$subscriber->append_conf('postgresql.conf', qq{
wal_retrieve_retry_interval = 500ms
archive_mode = on
archive_command = 'cp "%p" "$archive/%f"'});
$subscriber->start;
my $failover = $major >= 17 ? 'WITH (failover = true)' : '';
$subscriber->safe_psql('postgres', q{
	CREATE EXTENSION dbadvisor;
	CREATE TABLE item (id int PRIMARY KEY, v text)});
$subscriber->safe_psql('postgres',
	'CREATE SUBSCRIPTION sub CONNECTION $$' . $primary->connstr('postgres') . "\$\$ PUBLICATION pub $failover");
$subscriber->wait_for_subscription_sync($primary, 'sub');
$primary->wait_for_catchup('sb1');
$standby->wait_for_catchup('sb2', 'replay', $standby->lsn('replay'));

# The findings of all replication rules, or of those that match, from medium on.
sub findings
{
	my ($node, $pattern, $prelude) = @_;
	$pattern //= '%';
	return $node->safe_psql('postgres', ($prelude // '') . qq{
		SELECT a.rule, a.object_name, a.severity
		  FROM dbadvisor.rule r,
			   unnest(dbadvisor.rule_advice(dbadvisor.rule_query(r.rule))) a
		 WHERE r.category = 'replication'
		   AND dbadvisor.rule_skip_reason(r.rule) IS NULL
		   AND r.rule LIKE '$pattern'
		   AND a.object_type <> 'rule'
		   AND dbadvisor.severity_rank(a.severity) >= 3
		 ORDER BY 1, 2, 3});
}

# What the rules say of their own runs, but "ok".
sub notes
{
	my ($node, $prelude) = @_;
	return $node->safe_psql('postgres', $prelude . q{
		SELECT count(*)
		  FROM dbadvisor.rule r,
			   unnest(dbadvisor.rule_advice(dbadvisor.rule_query(r.rule))) a
		 WHERE r.category = 'replication' AND a.object_type = 'rule' AND a.variant <> 'ok'
		   AND a.detail NOT LIKE 'history has %'});
}

# One column of the findings of one rule.
sub column
{
	my ($node, $rule, $column) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT $column FROM unnest(dbadvisor.rule_advice(dbadvisor.rule_query('$rule'))) a
		 WHERE a.object_type <> 'rule' ORDER BY object_name, variant});
}

# Run what a rule prints, statement by statement as psql does; returns it.
sub apply
{
	my ($node, $rule, $which) = @_;
	my $sql = column($node, $rule, ($which // 'apply_sql'));
	isnt($sql, '', "$rule prints what to do");
	# another setting of the same kind is a finding of its own
	$node->safe_psql('postgres', $_) foreach split(/;\n|\n(?=ALTER)/, $sql);
	return $sql;
}

sub wait_until
{
	my ($node, $condition) = @_;
	$node->poll_query_until('postgres', "SELECT $condition") or die "timed out: $condition";
	return;
}

# Let the position in the WAL grow by some files.
sub write_wal
{
	my $node = shift;
	my $files = shift;
	$node->safe_psql('postgres', 'INSERT INTO pad VALUES (1); SELECT pg_switch_wal()') for 1 .. $files;
	return;
}

sub set_system
{
	my ($node, $setting, $value) = @_;
	$node->safe_psql('postgres', $_)
	  foreach ("ALTER SYSTEM " . (defined $value ? "SET $setting = '$value'" : "RESET $setting"), 'SELECT pg_reload_conf()');
	wait_until($node, defined $value ? "current_setting('$setting') = '$value'" : "NOT EXISTS (SELECT FROM pg_settings WHERE name = '$setting' AND sourcefile LIKE '%auto.conf')");
	return;
}

# All is well.
is(findings($primary), '', 'nothing is wrong with the primary');
is(findings($standby), '', 'nothing is wrong with the standby');
is(findings($cascade), '', 'nothing is wrong with the standby of the standby');
is(findings($subscriber), '', 'nothing is wrong with the subscriber');
is(findings($primary, '%', 'SET ROLE watcher;'), '', 'a member of pg_monitor sees the same');
is(notes($_, 'SET ROLE watcher;'), '0', 'and sees all of it on ' . $_->name) foreach ($primary, $standby);
cmp_ok(notes($primary, 'SET ROLE reader;'), '>', 3, 'who sees less is told so');
is(column($primary, 'replication.logical_slot_not_failover', 'severity'), $major >= 17 ? '' : 'low', 'before 17 logical slots are on one server');
$primary->safe_psql('postgres', 'BEGIN READ ONLY; SELECT count(*) FROM dbadvisor.rule_replication_slot_inactive');

# A rate of WAL comes from history.
foreach (1 .. 3)
{
	$primary->safe_psql('postgres', 'INSERT INTO pad SELECT generate_series(1, 3000); SELECT dbadvisor.take_snapshot()');
}
is($primary->safe_psql('postgres', 'SELECT windows, bytes_per_second > 0 FROM dbadvisor.wal_rate()'), '2|t', 'rate of WAL');

# Who is connected to whom; what an outage takes; what can be lost.
is( $primary->safe_psql('postgres', q{SELECT node, kind, place, slot_name, wal_status FROM dbadvisor.replication_topology WHERE place = 'downstream' ORDER BY 1}),
	"sb1|standby|downstream|sb1|reserved\nsub|logical|downstream|sub|reserved", 'who receives from the primary');
is( $standby->safe_psql('postgres', q{SELECT node, kind, place, state, slot_name FROM dbadvisor.replication_topology ORDER BY place}),
	"sb2|standby|downstream|streaming|sb2\nsb1|standby|self|streaming|sb1\n" . $primary->host . ':' . $primary->port . '|sender|upstream|streaming|sb1',
	'the standby is in the middle');
is( $primary->safe_psql('postgres', q{
		SELECT abs(a.outage_bytes / b.outage_bytes - 2) < 0.1, a.fits IS NOT NULL, a.disk_full_after IS NULL, a.slots_lost_after > '0', a.unslotted_lost_after = '0'
		  FROM dbadvisor.wal_capacity('2 hours') a, dbadvisor.wal_capacity('1 hour') b}),
	't|t|t|t|t', 'what an outage takes');
is( $primary->safe_psql('postgres', q{SELECT objective, way, guaranteed, is_met, apply_sql IS NOT NULL FROM dbadvisor.recovery_objectives(rto => '1 second') ORDER BY 1, 2}),
	"rpo|archive|||f\nrpo|asynchronous standby||t|f\nrpo|synchronous standby|||f\nrto|crash recovery|00:00:01.342177|f|t\nrto|failover to a standby||t|f",
	'what can be lost, and how long recovery takes');

# Slots without a limit; what is printed sets one, and takes it back.
set_system($primary, 'max_slot_wal_keep_size', '-1');
is(findings($primary, 'replication.slot%'), 'replication.slot_retention_unlimited|max_slot_wal_keep_size|high', 'no limit');
my $revert = column($primary, 'replication.slot_retention_unlimited', 'revert_sql');
apply($primary, 'replication.slot_retention_unlimited');
wait_until($primary, "current_setting('max_slot_wal_keep_size') <> '-1'");
is(findings($primary, 'replication.slot%'), '', 'a limit is set');
$primary->safe_psql('postgres', $_) foreach split(/;\n/, $revert);
wait_until($primary, "current_setting('max_slot_wal_keep_size') = '-1'");
is(column($primary, 'replication.slot_retention_unlimited', 'count(*) OVER ()'), '1', 'and taken back');

# A slot without a consumer.  The disk is large, so without the guard nothing is
# critical; with a consumer gone and little room it is.
$primary->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('ghost', true)});
is(findings($primary, 'replication.slot_inactive'), '', 'a slot that keeps little is left alone');
write_wal($primary, 6);
set_system($primary, 'max_slot_wal_keep_size', '100TB');
is(findings($primary, 'replication.slot%'), 'replication.slot_inactive|ghost|high', 'a slot without a consumer');
set_system($primary, 'max_slot_wal_keep_size', '-1');
$primary->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.slot_inactive', thresholds => '{"critical_hours": 1e9}')});
is(findings($primary, 'replication.slot_inactive'), 'replication.slot_inactive|ghost|critical', 'and the disk is full some day');
like(column($primary, 'replication.slot_inactive', 'detail'), qr/the disk is full about \d{4}-/, 'which is told');
$primary->safe_psql('postgres', q{DELETE FROM dbadvisor.rule_setting});

# The guard: no advice loses the slot, whatever value is wished for.
$primary->safe_psql('postgres', $_)
  foreach split(/;\n/, $primary->safe_psql('postgres', q{SELECT apply_sql FROM dbadvisor.setting_change('max_slot_wal_keep_size', '1MB')}));
wait_until($primary, "current_setting('max_slot_wal_keep_size') <> '-1'");
$primary->safe_psql('postgres', 'CHECKPOINT');
is($primary->safe_psql('postgres', q{SELECT wal_status = 'lost' FROM pg_replication_slots WHERE slot_name = 'ghost'}), 'f', 'the guard keeps the slot');

# Near its limit, then beyond.  How many hours the disk has room for depends on it.
$primary->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.slot_near_loss', thresholds => '{"high_hours": 1}')});
$primary->safe_psql('postgres', 'INSERT INTO pad SELECT generate_series(1, 3000); SELECT dbadvisor.take_snapshot()');
my $retained = $primary->safe_psql('postgres', q{SELECT ceil(retained_bytes / 1048576.0) + 20 FROM dbadvisor.slot_state WHERE slot_name = 'ghost'});
set_system($primary, 'max_slot_wal_keep_size', "${retained}MB");
like(findings($primary, 'replication.slot_near_loss'), qr/^replication\.slot_near_loss\|ghost\|(high|critical)$/, 'a slot near its limit');
apply($primary, 'replication.slot_near_loss');
wait_until($primary, "current_setting('max_slot_wal_keep_size') <> '${retained}MB'");
is(findings($primary, 'replication.slot_near_loss'), '', 'which is raised');
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.rule_setting');
set_system($primary, 'max_slot_wal_keep_size', '1MB');
$primary->safe_psql('postgres', 'CHECKPOINT');
is(findings($primary, 'replication.slot_l%'), 'replication.slot_lost|ghost|critical', 'a slot that is lost');
apply($primary, 'replication.slot_lost');
set_system($primary, 'max_slot_wal_keep_size', undef);
is(findings($primary), '', 'all is well again');

# A standby without its slot.
set_system($standby, 'primary_slot_name', '');
wait_until($primary, "count(*) = 1 FROM dbadvisor.wal_sender WHERE application_name = 'sb1' AND slot_name IS NULL AND state = 'streaming'");
is(findings($primary), 'replication.standby_without_slot|sb1|high', 'a standby without a slot');
apply($primary, 'replication.standby_without_slot');
wait_until($primary, "current_setting('wal_keep_size') <> '0'");
is(findings($primary, 'replication.standby%'), '', 'for which WAL is kept');
set_system($primary, 'wal_keep_size', undef);
set_system($standby, 'primary_slot_name', undef);
wait_until($primary, "count(*) = 1 FROM dbadvisor.wal_sender WHERE application_name = 'sb1' AND slot_name = 'sb1' AND state = 'streaming'");

# A standby that does not answer, and falls behind.
my $receiver = $standby->safe_psql('postgres', 'SELECT pid FROM pg_stat_wal_receiver');
$primary->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.standby_lagging', thresholds => '{"silent_seconds": 1, "lag_seconds": 0}')});
kill('STOP', $receiver);
write_wal($primary, 3);
wait_until($primary, "silent_seconds > 1.5 FROM dbadvisor.wal_sender WHERE application_name = 'sb1'");
like(findings($primary, 'replication.standby_lagging'), qr/^replication\.standby_lagging\|sb1\|(medium|high)\nreplication\.standby_lagging\|sb1\|(medium|high)$/, 'a standby that does not answer and is behind');
is(column($primary, 'replication.standby_lagging', 'variant'), "lag\nsilent", 'both are told');
kill('CONT', $receiver);
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.rule_setting');
$primary->wait_for_catchup('sb1');
wait_until($primary, "silent_seconds < 15 FROM dbadvisor.wal_sender WHERE application_name = 'sb1'");
is(findings($primary, 'replication.standby_lagging'), '', 'and has caught up');

# One synchronous standby is one too few, "*" takes everybody.
set_system($primary, 'synchronous_standby_names', 'FIRST 1 (sb1)');
wait_until($primary, "count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
is(findings($primary), 'replication.sync_standby_no_spare|synchronous_standby_names|high', 'no spare synchronous standby');
set_system($primary, 'synchronous_commit', 'local');
is(findings($primary, 'replication.sync_setting%'), 'replication.sync_setting_ignored|synchronous_commit|medium', 'commits do not wait for it');
apply($primary, 'replication.sync_setting_ignored');
wait_until($primary, "current_setting('synchronous_commit') = 'on'");
is(findings($primary, 'replication.sync_setting%'), '', 'and do again');
set_system($primary, 'synchronous_commit', undef);
set_system($primary, 'synchronous_standby_names', '*');
wait_until($primary, "count(*) >= 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
like(findings($primary, 'replication.sync_standby_wrong'), qr/^replication\.sync_standby_wrong\|synchronous_standby_names\|(medium|high)$/, 'everybody may be one');
$standby->stop;
wait_until($primary, "count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync' AND application_name = 'sub'");
is(findings($primary, 'replication.sync_standby_wrong'), 'replication.sync_standby_wrong|synchronous_standby_names|high', 'a subscriber is one');

# The synchronous standby is gone: commits hang until what is printed is run.
$primary->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.standby_vanished', thresholds => '{"min_snapshots": 2, "min_absent_minutes": 0}')});
set_system($primary, 'synchronous_standby_names', 'FIRST 1 (sb1)');
my ($in, $out, $err) = ('', '', '');
my $hanging = IPC::Run::start(
	[ 'psql', '-X', '-A', '-q', '-t', '-d', $primary->connstr('postgres'), '-c', 'INSERT INTO pad VALUES (2)' ],
	'<', \$in, '>', \$out, '2>', \$err);
wait_until($primary, "count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
is(findings($primary, 'replication.sync%'), 'replication.sync_standby_missing|synchronous_standby_names|critical', 'commits hang');
is(column($primary, 'replication.sync_standby_missing', "evidence ->> 'waiting_sessions'"), '1', 'and how many');

# Also known from history, as no slot tells of it for long.
is(findings($primary, 'replication.standby_vanished'), 'replication.standby_vanished|sb1|high', 'a standby that is gone is missed');
is(findings($cascade, 'replication.standby%'), 'replication.standby_detached|sb2|high', 'and by the standby of the standby');
apply($primary, 'replication.sync_standby_missing');
ok($hanging->finish, 'the commit returns');
wait_until($primary, "current_setting('synchronous_standby_names') = ''");
is(findings($primary, 'replication.sync%'), '', 'commits go on');
set_system($primary, 'synchronous_standby_names', undef);
$standby->start;
$primary->wait_for_catchup('sb1');
wait_until($cascade, "count(*) = 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");
is(findings($_), '', 'all is well again on ' . $_->name) foreach ($primary, $cascade);

# Two standbys of one name; a standby that has nobody to follow.
set_system($cascade, 'primary_slot_name', '');
set_system($cascade, 'primary_conninfo', $primary->connstr() . ' application_name=sb1');
wait_until($primary, "count(*) = 2 FROM dbadvisor.wal_sender WHERE application_name = 'sb1' AND state = 'streaming'");
is(column($primary, 'replication.standby_name_ambiguous', 'object_name, severity'), 'sb1|low', 'two standbys of one name');
set_system($cascade, 'primary_conninfo', '');
wait_until($cascade, 'NOT EXISTS (SELECT FROM pg_stat_wal_receiver)');
is(findings($cascade, 'replication.standby%'), 'replication.standby_detached|sb2|critical', 'a standby that has nobody to follow');
set_system($cascade, 'restore_command', 'false');
is(findings($cascade, 'replication.standby%'), 'replication.standby_detached|sb2|medium', 'and one that follows an archive');
set_system($cascade, 'restore_command', undef);
set_system($cascade, 'primary_slot_name', undef);
set_system($cascade, 'primary_conninfo', undef);
wait_until($cascade, "count(*) = 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");

# Queries that recovery cancels.
set_system($standby, 'max_standby_streaming_delay', '10ms');
my $report = IPC::Run::start(
	[ 'psql', '-X', '-d', $standby->connstr('postgres'), '-c', 'BEGIN ISOLATION LEVEL REPEATABLE READ', '-c', 'SELECT count(*) FROM item', '-c', 'SELECT pg_sleep(180)' ],
	'<', \$in, '>', \$out, '2>', \$err);
wait_until($standby, "count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
$primary->safe_psql('postgres', 'DELETE FROM item WHERE id <= 500');
$primary->safe_psql('postgres', 'VACUUM item');
$report->finish;
like($err, qr/conflict with recovery/, 'recovery cancels a query');
wait_until($standby, "confl_snapshot > 0 FROM pg_stat_database_conflicts WHERE datname = 'postgres'");
is(findings($standby, 'replication.standby%'), 'replication.standby_conflicts|postgres|medium', 'which is found');
is(column($standby, 'replication.standby_conflicts', "evidence ->> 'recommended_value'"), 'on', 'and why');
set_system($standby, 'max_standby_streaming_delay', undef);

# A subscription that fails on a row that is there already, and then stops.
$subscriber->safe_psql('postgres', q{INSERT INTO item VALUES (5000, 'local')});
$primary->safe_psql('postgres', q{INSERT INTO item VALUES (5000, 'remote')});
# the second error is that of a young worker; the first one is counted before its worker is gone
wait_until($subscriber, "apply_error_count > 1 FROM pg_stat_subscription_stats");
is(findings($subscriber, 'replication.sub%'), 'replication.subscription_failing|sub|critical', 'a subscription that fails');
apply($subscriber, 'replication.subscription_failing');
wait_until($subscriber, 'NOT subenabled FROM pg_subscription');
is(findings($subscriber, 'replication.sub%'), 'replication.subscription_failing|sub|high', 'and that an error has disabled');
$subscriber->safe_psql('postgres', 'DELETE FROM item WHERE id = 5000');
apply($subscriber, 'replication.subscription_failing');
$primary->wait_for_catchup('sub');
$subscriber->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.subscription_failing', thresholds => '{"min_worker_seconds": 0}')});
is(findings($subscriber, 'replication.sub%'), '', 'goes on when it is mended and enabled');
is($subscriber->safe_psql('postgres', 'SELECT v FROM item WHERE id = 5000'), 'remote', 'with the row');

# A plugin that is not allowed any more.
SKIP:
{
	skip 'this version has no list of plugins', 3
	  if $primary->safe_psql('postgres', q{SELECT current_setting('output_plugin_libraries', true) IS NULL}) eq 't';
	$primary->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('decoded', 'test_decoding')});
	set_system($primary, 'output_plugin_libraries', 'pgoutput');
	is(findings($primary, 'replication.plugin%'), 'replication.plugin_refused|output_plugin_libraries|critical', 'a plugin that is not allowed');
	is(apply($primary, 'replication.plugin_refused'), "ALTER SYSTEM SET output_plugin_libraries = 'pgoutput', 'test_decoding';\nSELECT pg_reload_conf()", 'each name of the list is a literal');
	wait_until($primary, "current_setting('output_plugin_libraries') LIKE '%test_decoding%'");
	is(findings($primary, 'replication.plugin%'), '', 'and is allowed again');
	set_system($primary, 'output_plugin_libraries', undef);
	$primary->safe_psql('postgres', q{SELECT pg_drop_replication_slot('decoded')});
}

# Subscribers wait for the slot of a standby that is not there.
SKIP:
{
	skip 'slots are not synchronized before 17', 4 if $major < 17;
	$primary->safe_psql('postgres', q{
		SELECT pg_create_physical_replication_slot('nobody');
		SELECT pg_create_logical_replication_slot('plain', 'pgoutput')});
	set_system($primary, 'synchronized_standby_slots', 'sb1, nobody');
	is(findings($primary), "replication.logical_slot_not_failover|plain|medium\nreplication.synchronized_slot_missing|synchronized_standby_slots|critical", 'a slot that nobody uses');
	apply($primary, 'replication.synchronized_slot_missing');
	wait_until($primary, "current_setting('synchronized_standby_slots') = 'sb1'");
	is(findings($primary, 'replication.synchron%'), '', 'is taken off the list');
	set_system($primary, 'synchronized_standby_slots', undef);
	$primary->safe_psql('postgres', q{SELECT pg_drop_replication_slot('nobody'), pg_drop_replication_slot('plain')});
}

# Hardly a place for one more slot.
my $used = $primary->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots');
$primary->safe_psql('postgres', "SELECT pg_create_physical_replication_slot('place' || g) FROM generate_series($used, 7) g");
is(findings($primary), '', 'two places are enough');
$primary->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('place9')});
is(findings($primary), 'replication.places_short|max_replication_slots|medium', 'one place is not');
is(column($primary, 'replication.places_short', "evidence ->> 'recommended_value'"), '14', 'nine, two for a backup, and a quarter more');
$primary->safe_psql('postgres', q{SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'place%'});

# An archive that fails, that is behind, and that keeps nothing.
set_system($subscriber, 'archive_command', 'false');
$subscriber->safe_psql('postgres', q{CREATE TABLE pad (i int)});
write_wal($subscriber, 2);
wait_until($subscriber, 'failed_count > 0 FROM pg_stat_archiver');
is(findings($subscriber, 'replication.arch%'), 'replication.archiver_failing|archive_mode|critical', 'archiving fails');
set_system($subscriber, 'archive_command', qq{while [ ! -e "$archive/gate" ]; do sleep 0.1; done; true "%p"});
append_to_file("$archive/gate", '');
$subscriber->safe_psql('postgres', 'SELECT pg_switch_wal()');
wait_until($subscriber, 'last_archived_time > last_failed_time FROM pg_stat_archiver');
wait_until($subscriber, 'dbadvisor.archive_backlog() = 0');
is(findings($subscriber, 'replication.arch%'), '', 'and works again');
unlink("$archive/gate");
$subscriber->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.archive_behind', thresholds => '{"min_files": 3, "max_behind_seconds": 0}')});
write_wal($subscriber, 4);
is(findings($subscriber, 'replication.arch%'), 'replication.archive_behind|archive_command|high', 'archiving is behind');
append_to_file("$archive/gate", '');
wait_until($subscriber, 'dbadvisor.archive_backlog() = 0');
is(findings($subscriber, 'replication.arch%'), '', 'and has caught up');
set_system($subscriber, 'archive_command', '/bin/true');
is(findings($subscriber, 'replication.arch%'), 'replication.archive_fake|archive_command|high', 'an archive that keeps nothing');
set_system($subscriber, 'archive_command', '');
is(findings($subscriber, 'replication.arch%'), 'replication.archiver_failing|archive_mode|high', 'an archive without a command');
set_system($subscriber, 'archive_command', undef);

# A published table whose rows have no identity.
$primary->safe_psql('postgres', 'CREATE TABLE bare (i int); CREATE PUBLICATION apart FOR TABLE bare');
like(($primary->psql('postgres', 'UPDATE bare SET i = 1'))[2], qr/does not have a replica identity/, 'an update fails');
is(column($primary, 'schema.replica_identity_missing', 'object_name, severity'), 'public.bare|high', 'as nothing identifies its rows');
apply($primary, 'schema.replica_identity_missing');
$primary->safe_psql('postgres', 'UPDATE bare SET i = 1');
is(column($primary, 'schema.replica_identity_missing', 'object_name'), '', 'until something does');
$primary->safe_psql('postgres', 'DROP TABLE bare; DROP PUBLICATION apart');

# What keeps VACUUM from its work: a prepared transaction that was forgotten, and the
# slot of a standby that asks for it.
$primary->safe_psql('postgres', q{
	SELECT dbadvisor.set_rule('maintenance.transaction_prepared', thresholds => '{"max_seconds": 0.001, "high_factor": 1e9}');
	SELECT dbadvisor.set_rule('maintenance.horizon_held', thresholds => '{"max_seconds": 1e9, "max_xids": 5}')});
$primary->safe_psql('postgres', q{BEGIN; INSERT INTO item VALUES (6000, 'forgotten'); PREPARE TRANSACTION 'forgotten'});
is(column($primary, 'maintenance.transaction_prepared', 'object_type, object_name, severity'), 'prepared transaction|forgotten|medium', 'a prepared transaction is forgotten');
apply($primary, 'maintenance.transaction_prepared');
is(column($primary, 'maintenance.transaction_prepared', 'object_name'), '', 'and rolled back');
set_system($standby, 'hot_standby_feedback', 'on');
my $reader = $standby->background_psql('postgres');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM item');
wait_until($primary, "xmin IS NOT NULL FROM pg_replication_slots WHERE slot_name = 'sb1'");
unlike(column($primary, 'maintenance.horizon_held', 'object_type, object_name'), qr/sb1/, 'a query on a standby has just begun');
$primary->safe_psql('postgres', 'SELECT pg_current_xact_id()') foreach 1 .. 6;
like(column($primary, 'maintenance.horizon_held', 'object_type, object_name'), qr/^replication slot\|sb1$/m, 'and holds back VACUUM on the primary through the slot');
$reader->quit;
set_system($standby, 'hot_standby_feedback', undef);
wait_until($primary, "xmin IS NULL FROM pg_replication_slots WHERE slot_name = 'sb1'");
unlike(column($primary, 'maintenance.horizon_held', 'object_type, object_name'), qr/sb1/, 'until it is over');
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.rule_setting');

# A setting that waits for a restart.
$subscriber->safe_psql('postgres', $_) foreach ('ALTER SYSTEM SET max_connections = 17', 'SELECT pg_reload_conf()');
wait_until($subscriber, "pending_restart FROM pg_settings WHERE name = 'max_connections'");
is( $subscriber->safe_psql('postgres', q{SELECT object_name, severity, detail FROM dbadvisor.rule_settings_pending_restart}),
	q{max_connections|medium|In force is '10', ALTER SYSTEM has left '17'.}, 'a setting waits for a restart');

# The primary gets more connections than its standbys, as Patroni would start it.
$primary->stop;
my @patroni = map { "-c $_" } (
	'max_connections=15', 'max_wal_senders=10', 'max_prepared_transactions=2', 'max_locks_per_transaction=64',
	'max_replication_slots=10', 'max_worker_processes=8', 'track_commit_timestamp=off', 'wal_log_hints=off');
system_or_bail('pg_ctl', '-D', $primary->data_dir, '-l', $primary->logfile, '-w', '-o', "@patroni", 'start');
$primary->_update_pid(1);
is($primary->safe_psql('postgres', 'SELECT manager FROM dbadvisor.cluster_manager()'), 'patroni', 'Patroni is recognised');
is( $primary->safe_psql('postgres', q{SELECT apply_sql, apply_command FROM dbadvisor.setting_change('max_wal_size', '4GB')}),
	q{|patronictl edit-config --pg 'max_wal_size=4GB'}, 'and gets its words');
wait_until($standby, "pg_get_wal_replay_pause_state() = 'paused'");
is(findings($standby, 'replication.standby_settings_low'), 'replication.standby_settings_low|max_connections|critical', 'recovery pauses');
SKIP:
{
	skip 'checksums are on', 2 if $primary->safe_psql('postgres', 'SHOW data_checksums') eq 'on';
	wait_until($primary, "count(*) = 1 FROM dbadvisor.wal_sender WHERE kind = 'standby'");
	is(findings($primary, 'replication.rewind%'), 'replication.rewind_impossible|wal_log_hints|medium', 'pg_rewind cannot be used');
	is(column($primary, 'replication.rewind_impossible', "evidence ->> 'apply_command'"), q{patronictl edit-config --pg 'wal_log_hints=on'}, 'and what Patroni is told');
}
apply($standby, 'replication.standby_settings_low');
$standby->restart;
$primary->wait_for_catchup('sb1');
is(findings($standby, 'replication.standby_settings_low'), '', 'the standby goes on');

$_->stop foreach ($cascade, $standby, $primary, $subscriber);
done_testing();
