# Rules about settings, archiving and replication that need a server of their own:
# each with its fault, what is printed for it applied where that can be done, and the
# near miss.  History is made up, in windows of an hour.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $archive = PostgreSQL::Test::Utils::tempdir();
my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', qq{
autovacuum = off
max_connections = 400
checkpoint_completion_target = 0.5
archive_mode = on
archive_command = 'cp "%p" "$archive/%f"'});
$primary->start;
my $single = PostgreSQL::Test::Cluster->new('single');
$single->init;
$single->append_conf('postgresql.conf', q{
autovacuum = off
wal_level = logical
max_worker_processes = 2
max_logical_replication_workers = 1});
$single->start;
foreach ($primary, $single)
{
	$_->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');
	$_->safe_psql('postgres', 'CREATE ROLE watcher LOGIN IN ROLE pg_monitor');
	$_->safe_psql('postgres', slurp_file('test/fixture/history.sql'));
}

# What a rule says: object, severity, recommended value.
sub says
{
	my ($node, $rule) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT a.object_name, a.severity, a.evidence ->> 'recommended_value'
		  FROM unnest(dbadvisor.rule_advice(dbadvisor.rule_query('$rule'))) a
		 WHERE a.object_type <> 'rule' ORDER BY 1, a.variant});
}

# Run what a rule prints, statement by statement as psql does.
sub apply
{
	my ($node, $rule) = @_;
	my $sql = $node->safe_psql('postgres', qq{
		SELECT a.apply_sql FROM unnest(dbadvisor.rule_advice(dbadvisor.rule_query('$rule'))) a WHERE a.apply_sql IS NOT NULL});
	isnt($sql, '', "$rule prints what to do");
	$node->safe_psql('postgres', $_) foreach split(/;\n/, $sql);
	return;
}

sub wait_until
{
	my ($node, $condition) = @_;
	$node->poll_query_until('postgres', "SELECT $condition") or die "timed out: $condition";
	return;
}

sub set_system
{
	my ($node, $setting, $value) = @_;
	$node->safe_psql('postgres', $_) foreach ("ALTER SYSTEM SET $setting = '$value'", 'SELECT pg_reload_conf()');
	wait_until($node, "EXISTS (SELECT FROM pg_settings WHERE name = '$setting' AND sourcefile LIKE '%auto.conf' AND NOT pending_restart)");
	return;
}

# Settings as they came from a server of long ago.
is(says($primary, 'settings.checkpoint_spread'), 'checkpoint_completion_target|low|0.9', 'a target of old versions');
apply($primary, 'settings.checkpoint_spread');
wait_until($primary, "current_setting('checkpoint_completion_target') = '0.9'");
is(says($primary, 'settings.checkpoint_spread'), '', 'which is mended');
$primary->safe_psql('postgres', 'SELECT make_history(200)');
is(says($primary, 'settings.connections_unused'), 'max_connections|low|100', 'places that nobody takes');
$primary->safe_psql('postgres', q{SELECT make_history(200, '{"activity": {"sessions": 81}}')});
is(says($primary, 'settings.connections_unused'), '', 'a fifth of them is used');
$primary->append_conf('postgresql.conf', 'enable_hashjoin = off');
$primary->append_conf('postgresql.conf', 'no_such_setting = 1');
$primary->safe_psql('postgres', 'SELECT pg_reload_conf()');
wait_until($primary, q{EXISTS (SELECT FROM pg_file_settings WHERE name = 'no_such_setting')});
is(says($primary, 'settings.file_not_applied'), 'no_such_setting|high|', 'a line that the server cannot take');
$primary->adjust_conf('postgresql.conf', 'no_such_setting', undef);
$primary->safe_psql('postgres', 'SELECT pg_reload_conf()');
wait_until($primary, "current_setting('enable_hashjoin') = 'off'");
is(says($primary, 'settings.file_not_applied'), '', 'is gone');
is(says($primary, 'settings.planner_method_off'), 'enable_hashjoin|high|on', 'a method is switched off for all');
apply($primary, 'settings.planner_method_off');
wait_until($primary, "current_setting('enable_hashjoin') = 'on'");
is(says($primary, 'settings.planner_method_off'), '', 'and on again');

# Only where there are partitions.
set_system($primary, 'constraint_exclusion', 'on');
is(says($primary, 'partition.constraint_exclusion_on'), '', 'constraints are looked at for all tables, of which none is partitioned');
$primary->safe_psql('postgres', 'CREATE TABLE parted (id int) PARTITION BY RANGE (id)');
is(says($primary, 'partition.constraint_exclusion_on'), 'constraint_exclusion|low|partition', 'and now one is');
apply($primary, 'partition.constraint_exclusion_on');
wait_until($primary, "current_setting('constraint_exclusion') = 'partition'");
is(says($primary, 'partition.constraint_exclusion_on'), '', 'for partitions is enough');
$primary->safe_psql('postgres', 'DROP TABLE parted');

# Workers that stay: the launcher of logical replication.
is(says($single, 'settings.worker_places_short'), 'max_worker_processes|medium|10', 'one place is left, and a query may ask for two');
is(says($primary, 'settings.worker_places_short'), '', 'seven places are enough');

# Backups leave a file while WAL is archived.
is(says($primary, 'replication.backup_unseen'), 'primary|medium|', 'no backup is seen');
$primary->backup('copy');
is(says($primary, 'replication.backup_unseen'), '', 'one is');
$primary->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.backup_unseen', thresholds => '{"max_days": 0}')});
is(says($primary, 'replication.backup_unseen'), 'primary|high|', 'and gets old');
$primary->safe_psql('postgres', 'SELECT make_history(20)');
is(says($primary, 'replication.backup_unseen'), '', 'history is too short to say');
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.rule_setting');

# 1000 bytes a second fill a file in 4.7 hours, 100 kB in less than three minutes.
$primary->safe_psql('postgres', q{SELECT make_history(200, '{"wal": {"wal_bytes": 360000000}}')});
is(says($primary, 'replication.unarchived_long'), '', 'files are full soon enough');
$primary->safe_psql('postgres', q{SELECT make_history(200, '{"wal": {"wal_bytes": 3600000}}')});
is(says($primary, 'replication.unarchived_long'), 'archive_timeout|medium|300s', 'a file waits for hours');
apply($primary, 'replication.unarchived_long');
wait_until($primary, "current_setting('archive_timeout') = '5min'");
is(says($primary, 'replication.unarchived_long'), '', 'and no longer');

# Nothing is kept elsewhere.
$single->safe_psql('postgres', 'SELECT make_history(200)');
is(says($single, 'replication.copy_missing'), '', 'there is little to lose');
$single->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.copy_missing', thresholds => '{"min_bytes": 1}')});
is(says($single, 'replication.copy_missing'), 'archive_mode|high|on', 'a single copy');
$single->safe_psql('postgres', q{SELECT make_history(200, '{"replication|sb1": {"behind_bytes": 0}}')});
is(says($single, 'replication.copy_missing'), 'archive_mode|medium|on', 'a standby, and no way back');
$single->safe_psql('postgres', q{SELECT make_history(200, '{"replication|pg_receivewal": {"behind_bytes": 0}}')});
is(says($single, 'replication.copy_missing'), '', 'WAL is received');

# Logical decoding that nobody does.
is(says($single, 'replication.wal_level_unneeded'), 'wal_level|low|replica', 'nothing is decoded');
$single->safe_psql('postgres', q{SELECT make_history(200, '{"slot_decoding|gone": {"total_bytes": 1}}')});
is(says($single, 'replication.wal_level_unneeded'), '', 'something was');
$single->safe_psql('postgres', 'SELECT make_history(20)');
is(says($single, 'replication.wal_level_unneeded'), '', 'history is too short to say');

# Subscriptions for which there is no worker.
my $nowhere = "host=" . $primary->host . " port=1 dbname=postgres";
$single->safe_psql('postgres', "CREATE SUBSCRIPTION $_ CONNECTION '$nowhere' PUBLICATION p WITH (connect = false)") foreach ('one', 'two');
$single->safe_psql('postgres', 'ALTER SUBSCRIPTION one ENABLE');
is(says($single, 'replication.subscription_workers_short'), '', 'one worker for one subscription');
$single->safe_psql('postgres', 'ALTER SUBSCRIPTION two ENABLE');
# from 18 on changes are applied in parallel unless told otherwise
is(says($single, 'replication.subscription_workers_short'), 'max_logical_replication_workers|high|' . ($single->pg_version >= 18 ? 6 : 2), 'and for two');
foreach ('one', 'two')
{
	$single->safe_psql('postgres', "ALTER SUBSCRIPTION $_ DISABLE");
	$single->safe_psql('postgres', "ALTER SUBSCRIPTION $_ SET (slot_name = NONE)");
	$single->safe_psql('postgres', "DROP SUBSCRIPTION $_");
}

# A standby.
$primary->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('sb1')});
my $standby = PostgreSQL::Test::Cluster->new('sb1');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->append_conf('postgresql.conf', "primary_slot_name = 'sb1'");
$standby->start;
$primary->wait_for_catchup('sb1');
like(says($primary, 'replication.login_unsafe'), qr/^\w+\|low\|$/, 'a superuser receives WAL');
is(says($primary, 'replication.timeout_unsafe'), '', 'the defaults notice a dead standby');
set_system($primary, 'wal_sender_timeout', '0');
is(says($primary, 'replication.timeout_unsafe'), 'wal_sender_timeout|medium|30s', 'which nobody notices');
apply($primary, 'replication.timeout_unsafe');
wait_until($primary, "current_setting('wal_sender_timeout') = '30s'");
is(says($primary, 'replication.timeout_unsafe'), '', 'and somebody does again');
set_system($standby, 'wal_receiver_timeout', '5s');
is(says($standby, 'replication.timeout_unsafe'), 'wal_receiver_timeout|medium|30s', 'a connection that is cut at each stall');
set_system($standby, 'wal_receiver_timeout', '60s');

# A delay; with what comes together, and room for it.
$primary->safe_psql('postgres', q{SELECT make_history(200, '{"wal": {"wal_bytes": 3600000}}'); SELECT dbadvisor.set_rule('replication.delay_unsafe', thresholds => '{"margin": 1e9}')});
$primary->wait_for_catchup('sb1');
set_system($standby, 'recovery_min_apply_delay', '1h');
like(says($standby, 'replication.delay_unsafe'), qr/^recovery_min_apply_delay\|high\|\d+s$/, 'the disk is full before the delay is over');
set_system($standby, 'recovery_min_apply_delay', '0');
$primary->safe_psql('postgres', 'DELETE FROM dbadvisor.rule_setting');
$primary->wait_for_catchup('sb1');
set_system($standby, 'recovery_min_apply_delay', '1h');
is(says($standby, 'replication.delay_unsafe'), '', 'a delay that has room');
set_system($standby, 'hot_standby_feedback', 'on');
is(says($standby, 'replication.delay_unsafe'), 'hot_standby_feedback|medium|off', 'and makes the primary wait');
apply($standby, 'replication.delay_unsafe');
wait_until($standby, "current_setting('hot_standby_feedback') = 'off'");
is(says($standby, 'replication.delay_unsafe'), '', 'and no longer');
set_system($standby, 'recovery_min_apply_delay', '0');

is(says($standby, 'replication.timeline_fixed'), '', 'a standby follows a failover');
$standby->append_conf('postgresql.conf', "recovery_target_timeline = 'current'");
$standby->restart;
is(says($standby, 'replication.timeline_fixed'), 'recovery_target_timeline|high|latest', 'and this one does not');

if ($primary->pg_version >= 17)
{
	set_system($standby, 'sync_replication_slots', 'on');
	like(says($standby, 'replication.slot_sync_incomplete'), qr/^hot_standby_feedback\|high\|on\nprimary_conninfo\|high\|\nwal_level\|high\|logical$/, 'slots cannot be carried over');
	set_system($standby, 'hot_standby_feedback', 'on');
	unlike(says($standby, 'replication.slot_sync_incomplete'), qr/feedback/, 'one reason less');
	set_system($standby, 'sync_replication_slots', 'off');
	is(says($standby, 'replication.slot_sync_incomplete'), '', 'nor need they');
}
if ($primary->pg_version >= 18)
{
	$primary->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('ghost', true)});
	is(says($primary, 'replication.slot_idle_unbounded'), '', 'a slot without a consumer for a moment');
	$primary->safe_psql('postgres', q{SELECT dbadvisor.set_rule('replication.slot_idle_unbounded', thresholds => '{"min_idle_hours": 0}')});
	is(says($primary, 'replication.slot_idle_unbounded'), 'idle_replication_slot_timeout|low|3d', 'and for long');
	$primary->safe_psql('postgres', q{SELECT pg_drop_replication_slot('ghost'); DELETE FROM dbadvisor.rule_setting});
	$primary->wait_for_catchup('sb1');
}

# All of it at once, for a member of pg_monitor, on a standby, in a transaction that
# may not write; what he may not see is told.
foreach my $node ($primary, $standby, $single)
{
	my $name = $node->name;
	my $as = 'BEGIN READ ONLY; SET LOCAL ROLE watcher;';
	foreach my $function ('recommend_settings', 'check_replication')
	{
		is($node->safe_psql('postgres', "$as SELECT count(*) FROM dbadvisor.$function() WHERE title LIKE '%: failed'"), '0', "$function() on $name: no rule fails");
	}
	is( $node->safe_psql('postgres', "$as SELECT title, severity, detail FROM dbadvisor.recommend_settings() WHERE rule = 'settings.file_not_applied'"),
		'Rule settings.file_not_applied: degraded||the files of the configuration are not seen: needs a superuser, or EXECUTE on pg_show_all_file_settings()',
		"what needs more is told on $name");
	is( $node->safe_psql('postgres', "$as SELECT count(*) FROM dbadvisor.recommend_settings() WHERE setting = 'fsync' AND apply LIKE 'ALTER SYSTEM SET fsync = %' AND takes_effect = 'reload'"),
		$node->safe_psql('postgres', "SELECT (current_setting('fsync') = 'off')::int"), "recommend_settings() on $name says how");
}
is( $standby->safe_psql('postgres', q{SELECT severity, object_name, apply IS NOT NULL FROM dbadvisor.check_replication() WHERE rule = 'replication.timeline_fixed'}),
	'high|recovery_target_timeline|t', 'check_replication() on a standby');
$primary->safe_psql('postgres', q{SELECT dbadvisor.suppress('replication.login_unsafe', '*', 'a test')});
is($primary->safe_psql('postgres', q{SELECT count(*) FROM dbadvisor.check_replication() WHERE rule = 'replication.login_unsafe'}), '0', 'what is suppressed is not shown');

$_->stop('fast') foreach ($standby, $single, $primary);
done_testing();
