# Who manages a cluster is known by what he puts into the settings, and is told in his
# own words: real clusters of Patroni (with its raft), repmgr and pg_auto_failover, of
# one node each.  A manager that is not installed is skipped; on Debian
#
#     script/setup patroni python3-pysyncobj postgresql-15-repmgr \
#         pg-auto-failover-cli postgresql-15-auto-failover
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $PostgreSQL::Test::Utils::timeout_default;
my $dir = PostgreSQL::Test::Utils::tempdir_short();
# where ask() finds a server
my $host = $dir;
my ($bin) = map { chomp; $_ } `pg_config --bindir`;
my ($library) = map { chomp; $_ } `pg_config --pkglibdir`;
# what lets a server find the extension where it was staged
my @staged = grep { /^\w+ = / } split /\n/, $ENV{TEMP_CONFIG} ? slurp_file($ENV{TEMP_CONFIG}) : '';

sub is_installed
{
	my $program = shift;
	return grep { -x "$_/$program" } ('/usr/bin', $bin, split(/:/, $ENV{PATH}));
}

# Ask a server that we did not start.
sub ask
{
	my ($port, $sql) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', $host, '-p', $port, '-d', 'postgres', '-c', $sql ], '>', \$out, '2>', \$err)
	  or return "error: $err";
	chomp $out;
	return $out;
}

sub ask_until
{
	my ($port, $sql, $wanted) = @_;
	foreach (1 .. 10 * $seconds)
	{
		return 1 if ask($port, $sql) eq $wanted;
		select undef, undef, undef, 0.1;
	}
	return 0;
}

# Managers that run; each stops its server when it is told to stop.
my @running;

sub start_manager
{
	my ($log, @command) = @_;
	push @running, IPC::Run::start(\@command, '>', $log, '2>&1');
	return;
}

sub stop_managers
{
	while (my $manager = pop @running)
	{
		eval { $manager->signal('TERM'); $manager->finish };
	}
	return;
}
END { local $?; stop_managers() }

# Run a command as a DBA would in a shell.
sub shell
{
	my ($command, $log) = @_;
	return system("$command >>$log 2>&1") == 0;
}

SKIP:
{
	skip 'patroni or python3-pysyncobj is not installed', 9
	  unless is_installed('patroni') && is_installed('patronictl') && system('python3 -c "import pysyncobj" 2>/dev/null') == 0;
	my ($port, $rest, $raft) = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. 3;
	my $parameters = join '', map { /^(\w+) = (.*)/ ? "    $1: $2\n" : '' } @staged;
	append_to_file("$dir/patroni.yml", <<"END");
scope: demo
name: n0
restapi: {listen: '127.0.0.1:$rest', connect_address: '127.0.0.1:$rest'}
raft: {data_dir: '$dir/raft', self_addr: '127.0.0.1:$raft'}
bootstrap:
  dcs: {ttl: 20, loop_wait: 1, retry_timeout: 3}
  initdb: [encoding: UTF8, {auth: trust}, no-sync]
postgresql:
  listen: '127.0.0.1:$port'
  connect_address: '127.0.0.1:$port'
  data_dir: '$dir/patroni'
  bin_dir: '$bin'
  pgpass: '$dir/pgpass'
  authentication: {superuser: {username: postgres}, replication: {username: postgres}, rewind: {username: postgres}}
  parameters:
    unix_socket_directories: '$dir'
    fsync: 'off'
$parameters
END
	local $ENV{PGUSER} = 'postgres';
	start_manager("$dir/patroni.log", 'patroni', "$dir/patroni.yml");
	if (!ask_until($port, 'SELECT pg_is_in_recovery()', 'f'))
	{
		stop_managers();
		diag(slurp_file("$dir/patroni.log"));
		fail('Patroni started a server');
		skip 'Patroni started no server', 8;
	}
	is(ask($port, 'CREATE EXTENSION dbadvisor'), '', 'a server of Patroni');
	is(ask($port, 'SELECT manager FROM dbadvisor.cluster_manager()'), 'patroni', 'Patroni is known');
	my $change = q{FROM dbadvisor.setting_change('max_wal_size', '4GB')};
	is(ask($port, "SELECT apply_sql IS NULL, apply_command $change"), q{t|patronictl edit-config --pg 'max_wal_size=4GB'}, 'and is told in its words');
	# what is printed, for this configuration and without asking back
	my ($apply, $revert) = map { s/^patronictl /patronictl -c $dir\/patroni.yml /r . ' --force demo' }
	  map { ask($port, "SELECT $_ $change") } ('apply_command', 'revert_command');
	ok(shell($apply, "$dir/patroni.log"), 'which is run');
	ok(ask_until($port, 'SHOW max_wal_size', '4GB'), 'and has an effect');
	ok(shell($revert, "$dir/patroni.log") && ask_until($port, 'SHOW max_wal_size', '1GB'), 'and is taken back');
	is(ask($port, q{SELECT apply_command IS NULL, problem FROM dbadvisor.setting_change('synchronous_standby_names', 'n1')}),
		't|Patroni writes it: change synchronous_mode or synchronous_node_count with patronictl edit-config', 'what Patroni writes is left to it');
	is(ask($port, q{SELECT apply_command, takes_effect, impact LIKE '%patronictl restart with --pending.%' FROM dbadvisor.setting_change('max_connections', '200')}),
		q{patronictl edit-config --pg 'max_connections=200'|restart|t}, 'a restart goes through it as well');
	is(ask($port, q{SELECT count(*) FROM dbadvisor.recommend_settings() WHERE apply LIKE 'ALTER SYSTEM%' OR title LIKE '%: failed'}), '0', 'no rule prints ALTER SYSTEM there');
	stop_managers();
}

SKIP:
{
	skip 'repmgr is not installed', 5 unless is_installed('repmgr') && -e "$library/repmgr.so";
	my $node = PostgreSQL::Test::Cluster->new('repmgr');
	$node->init(allows_streaming => 1);
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'repmgr'");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');
	append_to_file("$dir/repmgr.conf",
		"node_id=1\nnode_name=n1\nconninfo='host=" . $node->host . ' port=' . $node->port . " dbname=postgres'\ndata_directory='" . $node->data_dir . "'\npg_bindir='$bin'\n");
	ok(shell("repmgr -f $dir/repmgr.conf primary register", "$dir/repmgr.log"), 'a node of repmgr') or diag(slurp_file("$dir/repmgr.log"));
	is($node->safe_psql('postgres', 'SELECT count(*) FROM repmgr.nodes'), '1', 'is registered');
	is($node->safe_psql('postgres', 'SELECT manager FROM dbadvisor.cluster_manager()'), 'repmgr', 'repmgr is known');
	my $change = q{FROM dbadvisor.setting_change('max_wal_size', '4GB')};
	is($node->safe_psql('postgres', "SELECT apply_command IS NULL, impact LIKE '%Change it on every node: repmgr does not carry it over.%' $change"), 't|t', 'and that it carries nothing over is told');
	$node->safe_psql('postgres', $_) foreach split(/;\n/, $node->safe_psql('postgres', "SELECT apply_sql $change"));
	ok($node->poll_query_until('postgres', "SELECT current_setting('max_wal_size') = '4GB'"), 'what is printed has an effect');
	$node->stop('fast');
}

SKIP:
{
	skip 'pg_auto_failover is not installed', 5 unless is_installed('pg_autoctl') && -e "$library/pgautofailover.so";
	my ($monitor_port, $port) = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. 2;
	local %ENV = (%ENV, PATH => "$bin:$ENV{PATH}", PG_CONFIG => "$bin/pg_config", XDG_RUNTIME_DIR => "$dir/run", XDG_CONFIG_HOME => "$dir/config", XDG_DATA_HOME => "$dir/share");
	delete @ENV{qw(PGUSER PGHOST)};
	mkdir "$dir/$_" foreach ('run', 'config', 'share');
	my @trusted = ('--hostname', '127.0.0.1', '--auth', 'trust', '--no-ssl', '--pg-hba-lan', '--run');
	start_manager("$dir/monitor.log", 'pg_autoctl', 'create', 'monitor', '--pgdata', "$dir/monitor", '--pgport', $monitor_port, grep { $_ ne '--pg-hba-lan' } @trusted);
	my $uri = "postgres://autoctl_node\@127.0.0.1:$monitor_port/pg_auto_failover?sslmode=disable";
	my $is_made = 0;
	foreach (1 .. $seconds)
	{
		last if $is_made = shell("psql -XAtq '$uri' -c 'SELECT 1'", '/dev/null');
		sleep 1;
	}
	ok($is_made, 'a monitor of pg_auto_failover') or diag(slurp_file("$dir/monitor.log"));
	start_manager("$dir/node.log", 'pg_autoctl', 'create', 'postgres', '--pgdata', "$dir/node", '--pgport', $port, '--username', 'postgres', '--dbname', 'postgres', '--monitor', $uri, @trusted);
	$host = '127.0.0.1';
	local $ENV{PGUSER} = 'postgres';
	local $ENV{PGOPTIONS} = join ' ', map { /^(\w+) = '(.*)'/ ? "-c $1=" . $2 =~ s/([\\ ])/\\$1/gr : () } @staged;
	ok(ask_until($port, 'SELECT pg_is_in_recovery()', 'f'), 'a server of it') or diag(slurp_file("$dir/node.log"));
	ask($port, 'CREATE EXTENSION dbadvisor');
	is(ask($port, 'SELECT manager FROM dbadvisor.cluster_manager()'), 'pg_auto_failover', 'pg_auto_failover is known');
	is(ask($port, q{SELECT apply_sql IS NULL, problem FROM dbadvisor.setting_change('synchronous_standby_names', 'n1')}),
		't|pg_autoctl writes it: change number-sync-standbys of the formation or replication-quorum of a node', 'what it writes is left to it');
	is(ask($port, q{SELECT apply_sql IS NOT NULL, impact LIKE '%Change it on every node: pg_auto_failover does not carry it over.%' FROM dbadvisor.setting_change('random_page_cost', '1.1')}), 't|t', 'and what it does not is told');
	stop_managers();
}

ok(1, 'managers that are installed were looked at');
done_testing();
