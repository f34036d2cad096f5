# The script that partitions a table, executed while pgbench writes: by both recipes and
# back again.  No client fails, no row is lost, doubled or left over, no client waits
# long, and giving up after any step leaves what was there.
use strict;
use warnings;

use IPC::Run;
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# The longest wait of a client is printed; it is only too long when it cannot be the
# load of the machine.
my $STALL_LIMIT = 15;

# Until the switch clients look for a deadlock at once and nobody else does: whatever
# circle there is, it is a client who fails.
my $HURRIED = '-c deadlock_timeout=1ms';

my $node = PostgreSQL::Test::Cluster->new('partition_script');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\nmax_connections = 40\ntimezone = 'UTC'");
$node->start;

# Customers have orders, which have lines and notes; the ledger is what the clients know
# of the orders.
my $schema = q{
	CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL);
	CREATE TABLE orders (
		id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 2) PRIMARY KEY,
		customer_id int NOT NULL REFERENCES customer ON DELETE CASCADE,
		created_at timestamptz DEFAULT now(),
		"Amount" numeric NOT NULL CHECK ("Amount" >= 0),
		doubled numeric GENERATED ALWAYS AS ("Amount" * 2) STORED,
		place text, changes int NOT NULL DEFAULT 0) WITH (fillfactor = 90);
	CREATE INDEX orders_customer ON orders (customer_id, created_at DESC) INCLUDE ("Amount");
	CREATE INDEX orders_place ON orders (lower(place)) WHERE place IS NOT NULL;
	CREATE STATISTICS orders_alike ON customer_id, place FROM orders;
	CREATE TABLE line (order_id bigint REFERENCES orders ON DELETE CASCADE, no int, PRIMARY KEY (order_id, no));
	CREATE TABLE note (id serial PRIMARY KEY, about bigint REFERENCES orders ON DELETE SET NULL, touched int NOT NULL DEFAULT 0);
	CREATE TABLE ledger (id bigint PRIMARY KEY, amount numeric NOT NULL, customer_id int);
	CREATE INDEX ON line (order_id);
	CREATE INDEX ON note (about);
	CREATE INDEX ON ledger (customer_id);
	CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changes := OLD.changes + 1; RETURN NEW; END';
	CREATE TRIGGER count_change BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION count_change();
	CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.touched := OLD.touched + 1; RETURN NEW; END';
	CREATE TRIGGER touch BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION touch();
	COMMENT ON TRIGGER count_change ON orders IS 'how often';
	ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON orders TO clerk USING (EXISTS (SELECT FROM customer c WHERE c.id = orders.customer_id AND c.name <> 'customer 1'));
	GRANT SELECT ON customer TO clerk;
	GRANT SELECT, INSERT ON orders TO clerk;
	GRANT UPDATE (place) ON orders TO clerk;
	CREATE VIEW recent WITH (security_barrier) AS SELECT id, created_at, "Amount" FROM orders WHERE created_at > now() - interval '1 day';
	GRANT SELECT ON recent TO clerk;
	CREATE PUBLICATION feed FOR TABLE orders WHERE (id > 0), customer;
	COMMENT ON TABLE orders IS 'what was ordered';
	COMMENT ON COLUMN orders.place IS 'it''s where';
	COMMENT ON INDEX orders_customer IS 'by customer';
	COMMENT ON CONSTRAINT orders_customer_id_fkey ON orders IS 'whose';
	COMMENT ON CONSTRAINT note_about_fkey ON note IS 'about what';
	COMMENT ON CONSTRAINT "orders_Amount_check" ON orders IS 'not less';
	ALTER TABLE orders ALTER COLUMN customer_id SET STATISTICS 500, ALTER COLUMN place SET STORAGE EXTERNAL;
	INSERT INTO customer SELECT g, 'customer ' || g FROM generate_series(1, 1000) g;
	INSERT INTO orders (customer_id, created_at, "Amount", place)
	SELECT 1 + g % 1000, now() - (g * 5 || ' minutes')::interval, g % 97, 'place ' || g % 10 FROM generate_series(1, 20000) g;
	INSERT INTO line SELECT id, 1 FROM orders WHERE id < 20000;
	INSERT INTO note (about) SELECT CASE WHEN id % 6 > 0 THEN id END FROM orders WHERE id < 4000;
	INSERT INTO ledger SELECT id, "Amount" FROM orders;
	INSERT INTO customer SELECT g, 'customer ' || g FROM generate_series(1001, 3000) g;
	INSERT INTO orders (customer_id, created_at, "Amount") SELECT g, now() - (g || ' minutes')::interval, 1 FROM generate_series(1001, 3000) g;
	INSERT INTO line SELECT id, 1 FROM orders WHERE customer_id > 1000;
	INSERT INTO note (about) SELECT id FROM orders WHERE customer_id > 1000;
	INSERT INTO ledger SELECT id, "Amount", customer_id FROM orders WHERE customer_id > 1000;
	ANALYZE};

# Identifiers are even.  Each kind of client has rows of its own, so that no client fails
# by the fault of another one; only the orders of customers who go are changed by two, in
# ways that let the one wait for the other.  These two are there until the switch: they
# lock tables in another order than the others do, all the time, and the switch may not
# find a moment in which nobody who has one of them waits for another.
my %clients = (
	insert => q{
		\set c random(100, 1000)
		BEGIN;
		INSERT INTO orders (customer_id, "Amount") VALUES (:c, 1) RETURNING id AS oid \gset
		INSERT INTO line VALUES (:oid, 1);
		INSERT INTO ledger VALUES (:oid, 1);
		COMMIT;},
	update => q{
		\set i 2 * random(5, 5000)
		BEGIN;
		UPDATE orders SET "Amount" = "Amount" + 1 WHERE id = :i;
		UPDATE ledger SET amount = amount + 1 WHERE id = :i;
		COMMIT;},
	delete => q{
		\set i 2 * random(5001, 15000)
		BEGIN;
		DELETE FROM orders WHERE id = :i;
		DELETE FROM ledger WHERE id = :i;
		COMMIT;},
	move => q{
		\set i 2 * random(15001, 18000)
		UPDATE orders SET created_at = created_at - interval '10 days' WHERE id = :i;
		INSERT INTO line VALUES (:i, 2) ON CONFLICT DO NOTHING;},
	child => q{
		\set i 2 * random(5, 5000)
		\set j 2 * random(5, 5000)
		INSERT INTO note (about) VALUES (:i) RETURNING id AS nid \gset
		UPDATE note SET about = :j WHERE id = :nid;
		UPDATE note SET about = NULL WHERE id = :nid;},
	customer => q{
		\set c random(1001, 3000)
		BEGIN;
		DELETE FROM customer WHERE id = :c;
		DELETE FROM ledger WHERE customer_id = :c;
		INSERT INTO customer VALUES (:c, 'again');
		INSERT INTO orders (customer_id, "Amount") VALUES (:c, 1) RETURNING id AS oid \gset
		INSERT INTO line VALUES (:oid, 1);
		INSERT INTO note (about) VALUES (:oid);
		INSERT INTO ledger VALUES (:oid, 1, :c);
		COMMIT;},
	remark => q{
		\set c random(1001, 3000)
		SELECT COALESCE(max(id), 0) AS oid FROM orders WHERE customer_id = :c \gset
		UPDATE note SET touched = 0 WHERE about = :oid;
		BEGIN;
		UPDATE orders SET "Amount" = "Amount" + 1 WHERE id = :oid;
		UPDATE ledger SET amount = amount + 1 WHERE id = :oid;
		COMMIT;},
	read => q{
		SELECT count(*), sum("Amount") FROM recent;
		SELECT * FROM orders WHERE id = 10;});

# A database with these tables, and its plan.
sub prepare
{
	my ($name, $arguments) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, "CREATE EXTENSION dbadvisor; $schema");
	$node->safe_psql($name, "CREATE TABLE plan AS SELECT * FROM dbadvisor.partition_script('orders', 'created_at', extend_keys => '{orders_pkey}', $arguments)");
	return;
}

# What is in a database, apart from data and from the plan.
sub shape
{
	my ($name) = @_;
	my ($out, $err) = run_command([ 'pg_dump', '-s', '-T', 'plan', '-T', 'journal', '-d', $node->connstr($name) ]);
	die $err if $err ne '';
	$out =~ s/^\\(un)?restrict .*$//mg;
	return $out;
}

# Run statements, one after the other; returns what goes wrong and what the rows were.
sub run_sql
{
	my ($name, $sql) = @_;
	my ($status, $out, $errors) = $node->psql($name, "SET client_min_messages = warning;\n$sql", on_error_stop => 1);
	return "$status$errors$out";
}

sub sql_of
{
	my ($name, $condition, $column) = @_;
	$column ||= 'sql';
	return $node->safe_psql($name, "SELECT string_agg($column, E'\\n' ORDER BY step" . ($column eq 'undo_sql' ? ' DESC' : '') . ") FROM plan WHERE $condition");
}

sub start_clients
{
	my ($name, $hurried) = @_;
	my @running;
	my $directory = PostgreSQL::Test::Utils::tempdir();
	local $ENV{PGOPTIONS} = $hurried ? $HURRIED : '';
	foreach my $kind (sort keys %clients)
	{
		next if $kind =~ /customer|remark/ && !$hurried;
		my ($out, $err) = ('', '');
		append_to_file("$directory/$kind", $clients{$kind});
		push @running,
		  { kind => $kind, log => "$directory/log_$kind", err => \$err,
			handle => IPC::Run::start([ 'pgbench', '-n', '-c', '1', '-R', '100', '-T', '3600', '-f', "$directory/$kind", '-l', '--log-prefix', "$directory/log_$kind", $node->connstr($name) ],
				'>', \$out, '2>', \$err) };
	}
	return @running;
}

# The wait of a client is the longest of its transactions, as pgbench's log has it; the
# last ones may not be in the log yet, and its last line may be cut off.
sub stop_clients
{
	my (@running) = @_;
	my @longest;
	my $transactions = 0;
	my $failed = '';
	foreach my $client (@running)
	{
		$client->{handle}->pump_nb;
		$failed .= "$client->{kind} ended: " . ${ $client->{err} } unless $client->{handle}->pumpable;
		$client->{handle}->signal('TERM');
		eval { $client->{handle}->finish };
		$failed .= "$client->{kind}: ${$client->{err}}" if ${ $client->{err} } =~ /error|abort/i;
		foreach my $log (glob "$client->{log}.*")
		{
			foreach my $line (slurp_file($log) =~ /^(.*)\n/mg)
			{
				my @fields = split / /, $line;
				# a deadlock does not end a client
				if ($fields[2] =~ /[a-z]/)
				{
					$failed .= "$client->{kind}: $line\n";
					next;
				}
				# less what it was late when it began
				push @longest, ($fields[2] - $fields[6]) / 1e6;
				$transactions++;
			}
		}
	}
	diag(server_errors()) if $failed ne '';
	return ($failed, $transactions, max(0, @longest));
}

# What the server says of deadlocks and of other errors that a client may try again.
sub server_errors
{
	my @lines;
	my $is_said = 0;
	foreach my $line (split /^/, slurp_file($node->logfile))
	{
		$is_said = $line =~ /ERROR:  (?:deadlock|could not serialize|tuple to be)/ || ($is_said && $line =~ /^\t|(?:DETAIL|HINT|CONTEXT|STATEMENT):/);
		push @lines, $line if $is_said;
	}
	return join '', @lines;
}

# Wait until each kind of client has gone on.
sub written
{
	my ($name) = @_;
	my $before = $node->safe_psql($name, q{SELECT last_value FROM note_id_seq});
	my $orders = $node->safe_psql($name, q{SELECT last_value FROM orders_id_seq});
	return $node->poll_query_until($name, "SELECT n.last_value > $before + 2 AND o.last_value > $orders + 4 FROM note_id_seq n, orders_id_seq o");
}

# What the clients wrote is what is there, and nothing refers to what is not.
sub consistent
{
	my ($name, $what) = @_;
	is($node->safe_psql($name, q{
		SELECT (SELECT count(*) FROM orders) - (SELECT count(*) FROM ledger),
			   (SELECT count(*) FROM ledger l FULL JOIN orders o USING (id) WHERE l.amount IS DISTINCT FROM o."Amount"),
			   (SELECT count(*) - count(DISTINCT id) FROM orders),
			   (SELECT count(*) FROM line l WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = l.order_id)),
			   (SELECT count(*) FROM note n WHERE about IS NOT NULL AND NOT EXISTS (SELECT FROM orders o WHERE o.id = n.about)),
			   (SELECT count(*) FROM note WHERE id <= 600 AND touched > 0)}),
		'0|0|0|0|0|0', "$what: orders are those of the ledger, referred to by lines and notes, and no trigger took the migration for a change");
	return;
}

# No change of the partition key has missed those who refer to it.
sub copies_right
{
	my ($name, $what) = @_;
	is($node->safe_psql($name, q{
		SELECT l.*, o.created_at FROM line l JOIN orders o ON o.id = l.order_id WHERE o.created_at IS DISTINCT FROM l.order_id_created_at LIMIT 3;
		SELECT n.*, o.created_at FROM note n JOIN orders o ON o.id = n.about WHERE o.created_at IS DISTINCT FROM n.about_created_at LIMIT 3}),
		'', "$what: copies of the partition key are right");
	return;
}

# A client has locked something; when another one, or the migration, waits or is done, he
# goes on to what the other one has.
sub no_circle
{
	my ($first, $other, $then, $what) = @_;
	my %session;
	foreach my $who ('client', 'other')
	{
		my ($in, $out, $err) = ('', '', '');
		local $ENV{PGAPPNAME} = $who;
		local $ENV{PGOPTIONS} = $who eq 'client' ? $HURRIED : '';
		$session{$who} = { in => \$in, out => \$out, err => \$err,
			handle => IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('circle') ], '<', \$in, '>', \$out, '2>', \$err,
				IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default)) };
	}
	my ($client, $migration) = @session{ 'client', 'other' };
	${ $client->{in} } = "BEGIN;\n$first;\n\\echo held\n";
	$client->{handle}->pump until ${ $client->{out} } =~ /held/;
	${ $migration->{in} } = "$other\n\\echo done\n\\q\n";
	until (${ $migration->{out} } =~ /done/)
	{
		$migration->{handle}->pump_nb;
		last if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'other' AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')});
	}
	${ $client->{in} } = "$then;\nCOMMIT;\n\\q\n";
	$client->{handle}->finish;
	$migration->{handle}->finish;
	is(${ $client->{err} } . ${ $migration->{err} }, '', "no circle: $what");
	return;
}

# Run the steps of some phases while clients write.
sub run_phases
{
	my ($name, $recipe, $phases) = @_;
	foreach my $step (split /\n/, $node->safe_psql($name, "SELECT step FROM plan WHERE phase IN ($phases) ORDER BY step"))
	{
		is(run_sql($name, sql_of($name, "step = $step")), '0', "$recipe: step $step runs while others write");
		written($name);
		copies_right($name, "$recipe, step $step") if $node->safe_psql($name, "SELECT title ~ '^(Prove that the copies|Switch)' FROM plan WHERE step = $step") eq 't';
	}
	return;
}

sub no_client_suffers
{
	my ($what, @running) = @_;
	my ($failed, $transactions, $longest) = stop_clients(@running);
	is($failed, '', "$what: no client fails");
	cmp_ok($longest, '<', $STALL_LIMIT, "$what: no client waits long");
	note(sprintf '%s: longest transaction of a client %.3f s of %d', $what, $longest, $transactions);
	return;
}

sub run_under_load
{
	my ($name, $recipe) = @_;
	my @running = start_clients($name, 1);
	written($name);
	run_phases($name, $recipe, q{'check', 'prepare', 'copy', 'verify'});
	no_client_suffers("$recipe, prepared", @running);
	@running = start_clients($name, 0);
	written($name);
	run_phases($name, $recipe, q{'switch', 'after'});
	foreach my $repeat (1, 2)
	{
		is(run_sql($name, sql_of($name, "title LIKE 'Make partitions%'")), '0', "$recipe: partitions are made ahead while others write");
	}
	no_client_suffers($recipe, @running);
	consistent($name, $recipe);
	copies_right($name, $recipe);
	return;
}

sub run_back
{
	my ($name, $recipe) = @_;
	my @running = start_clients($name, 0);
	written($name);
	is(run_sql($name, sql_of($name, q{phase = 'switch'}, 'undo_sql')), '0', "$recipe: the way back runs while others write");
	written($name);
	is(run_sql($name, sql_of($name, q{phase = 'prepare' AND undo_sql IS NOT NULL}, 'undo_sql')), '0', "$recipe: and so does giving up the rest");
	written($name);
	no_client_suffers("$recipe, back", @running);
	consistent($name, "$recipe, back");
	return;
}

# Give up after each step, without load.
sub run_give_up
{
	my ($name, $shape) = @_;
	my @done;
	my @steps = split /\n/, $node->safe_psql($name, q{SELECT step FROM plan WHERE phase IN ('prepare', 'copy', 'switch') ORDER BY step});
	foreach my $last (@steps)
	{
		my $errors = run_sql($name, sql_of($name, "step <= $last AND phase IN ('prepare', 'copy', 'switch')") . "\n" . sql_of($name, "step <= $last AND undo_sql IS NOT NULL", 'undo_sql'));
		push @done, $errors eq '0' && shape($name) eq $shape ? $last : "$last: $errors";
	}
	is("@done", "@steps", "$name: whoever gives up after a step has what was there before");
	return;
}

# What has to be on the partitioned table.
sub looks_right
{
	my ($name, $recipe) = @_;
	is($node->safe_psql($name, q{
		SELECT relkind, relrowsecurity, obj_description(oid) FROM pg_class WHERE oid = 'orders'::regclass;
		SELECT conname, pg_get_constraintdef(oid), convalidated, obj_description(oid) FROM pg_constraint WHERE (conrelid = 'orders'::regclass OR confrelid = 'orders'::regclass) AND conparentid = 0 AND contype IN ('c', 'p', 'f') ORDER BY 1;
		SELECT indexrelid::regclass, indisvalid, obj_description(indexrelid, 'pg_class') FROM pg_index WHERE indrelid = 'orders'::regclass ORDER BY indexrelid::regclass::text COLLATE "C";
		SELECT polname, pg_get_expr(polqual, polrelid) LIKE '%orders.customer_id%' FROM pg_policy WHERE polrelid = 'orders'::regclass;
		SELECT tgname, obj_description(oid) FROM pg_trigger WHERE tgrelid = 'orders'::regclass AND NOT tgisinternal AND tgname !~ 'zzz' ORDER BY 1;
		SELECT has_table_privilege('clerk', 'orders', 'SELECT, INSERT'), has_table_privilege('clerk', 'orders', 'DELETE'), has_column_privilege('clerk', 'orders', 'place', 'UPDATE');
		SELECT p.pubname, p.pubviaroot, pg_get_expr(r.prqual, r.prrelid) FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid WHERE r.prrelid = 'orders'::regclass;
		SELECT seqrelid::regclass, seqincrement, seqstart, pg_get_serial_sequence('orders', 'id') FROM pg_sequence WHERE seqrelid = 'orders_id_seq'::regclass;
		SELECT COALESCE(attstattarget, -1), attstorage, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname IN ('customer_id', 'place') ORDER BY attnum;
		SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = 'orders'::regclass;
		SELECT count(*) FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid WHERE w.ev_class = 'recent'::regclass AND d.refobjid = 'orders'::regclass AND d.refobjsubid > 0;
		SELECT bool_and(reloptions = '{fillfactor=90}'), count(*) >= 5 FROM pg_partition_tree('orders') JOIN pg_class c ON c.oid = relid WHERE isleaf;
		SELECT count(*) FROM pg_partition_tree('orders') t WHERE isleaf AND 4 <> (SELECT count(*) FROM pg_inherits h JOIN pg_index i ON i.indexrelid = h.inhrelid JOIN pg_index p ON p.indexrelid = h.inhparent WHERE i.indrelid = t.relid AND p.indrelid = 'orders'::regclass) + 1}),
		join("\n",
			'p|t|what was ordered',
			'line_order_id_fkey|FOREIGN KEY (order_id, order_id_created_at) REFERENCES orders(id, created_at) ON UPDATE CASCADE ON DELETE CASCADE|t|',
			'note_about_fkey|FOREIGN KEY (about, about_created_at) REFERENCES orders(id, created_at) ON UPDATE CASCADE ON DELETE SET NULL|t|about what',
			'orders_Amount_check|CHECK (("Amount" >= (0)::numeric))|t|not less',
			'orders_customer_id_fkey|FOREIGN KEY (customer_id) REFERENCES customer(id) ON DELETE CASCADE|t|whose',
			'orders_pkey|PRIMARY KEY (id, created_at)|t|',
			'orders_customer|t|by customer', 'orders_pkey|t|', 'orders_place|t|',
			'own|t', 'count_change|how often', 't|f|t', 'feed|t|(id > 0)',
			'orders_id_seq|2|10|public.orders_id_seq', '500|p|', "-1|e|it's where", '1', '3', 't|t', '0'),
		"$recipe: all that the table had is on the partitioned one");
	return;
}

$node->safe_psql('postgres', 'CREATE ROLE clerk');
prepare('attach', q{retention => '30 days'});
my $shape = shape('attach');
run_give_up('attach', $shape);
run_under_load('attach', 'attach');
looks_right('attach', 'attach');
run_back('attach', 'attach');
is(shape('attach'), $shape, 'attach: the way back leads back');

prepare('copy', q{recipe => 'copy', interval_width => '1 week', retention => '30 days'});
is(shape('copy'), $shape, 'the same again');
run_give_up('copy', $shape);

# A transaction that began before a batch does not see the copy of the row that it
# deletes: it has to fail, not to leave the copy.
my $script = sql_of('copy', q{phase IN ('prepare')});
is(run_sql('copy', $script), '0', 'copy: prepared');
my ($early_out, $early_err) = ('', '');
my $early_in = '';
my $early = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('copy') ], '<', \$early_in, '>', \$early_out, '2>', \$early_err,
	IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
$early_in = "BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM orders;\n";
pump $early until $early_out =~ /22000/;
is(run_sql('copy', sql_of('copy', q{phase = 'copy'})), '0', 'copy: the rows are copied');
$early_in = "DELETE FROM orders WHERE id = 20000;\nCOMMIT;\n\\q\n";
$early->finish;
like($early_err, qr/could not serialize access/, 'copy: who cannot see the copy of a row cannot delete the row');
$node->safe_psql('copy', 'BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM orders WHERE id = 20000; DELETE FROM ledger WHERE id = 20000; COMMIT');
is(run_sql('copy', sql_of('copy', q{phase = 'verify'})), '0', 'copy: both sides are alike');
is(run_sql('copy', sql_of('copy', q{phase IN ('prepare') AND undo_sql IS NOT NULL}, 'undo_sql')), '0', 'copy: given up');

# Circles of two who wait for each other, one by one.  The batches are printed as if
# deadlock_timeout were long, so that one that waits is seen to.
prepare('circle', q{recipe => 'copy', interval_width => '1 week'});
$node->safe_psql('circle', q{
	SET deadlock_timeout = '100 s';
	UPDATE plan SET sql = s.sql
	  FROM dbadvisor.partition_script('orders', 'created_at', extend_keys => '{orders_pkey}', recipe => 'copy', interval_width => '1 week') s
	 WHERE s.step = plan.step AND (s.title LIKE 'Fill%' OR s.phase = 'copy')});
my $copies = q{title LIKE 'Give referring%'};
is(run_sql('circle', sql_of('circle', "step < (SELECT step FROM plan WHERE $copies)")), '0', 'circle: prepared up to the copies of the key');
no_circle('UPDATE note SET touched = 0 WHERE id = 1', "SELECT dbadvisor.locked_sql('{orders,note}', 'SHARE ROW EXCLUSIVE', 'NULL;') \\gexec", 'UPDATE orders SET place = place WHERE id = 10', 'who changes two tables, and a step that locks both');
no_circle('UPDATE orders SET place = place WHERE id = 10', sql_of('circle', $copies), 'UPDATE note SET touched = 0 WHERE id = 1', 'who changes an order, then a note, and the step that gives notes a copy of the key');
no_circle('SELECT FROM orders WHERE id = 20 FOR UPDATE', 'UPDATE note SET touched = 0 WHERE about = 20;', 'DELETE FROM orders WHERE id = 20', 'who deletes an order, and who changes a note on it that has no copy of the key');
no_circle('SELECT FROM orders WHERE id = 10 FOR UPDATE', sql_of('circle', q{title LIKE 'Fill%'}), 'DELETE FROM orders WHERE id = 10', 'who deletes an order, and the batches that fill copies of its key');
is(run_sql('circle', sql_of('circle', "phase = 'prepare' AND step > (SELECT step FROM plan WHERE title LIKE 'Fill%')")), '0', 'circle: prepared');
no_circle('SELECT FROM customer WHERE id = 5 FOR UPDATE', 'UPDATE orders SET "Amount" = 1 WHERE id = 16;', 'DELETE FROM customer WHERE id = 5', 'who deletes a customer, and who changes an order of his that is not copied');
no_circle('SELECT FROM customer WHERE id = 6 FOR UPDATE', sql_of('circle', q{phase = 'copy'}), 'DELETE FROM customer WHERE id = 6', 'who deletes a customer, and the batches that copy his orders');
is(run_sql('circle', sql_of('circle', q{phase = 'verify'})), '0', 'circle: both sides are alike');
is(run_sql('circle', sql_of('circle', q{phase = 'switch'})), '0', 'circle: switched');
my $change = 'UPDATE orders SET place = place WHERE id = 24';
no_circle('SELECT FROM orders WHERE id = 24 FOR UPDATE', 'DELETE FROM customer WHERE id = 9;', $change, 'who changes an order that is kept in step, and who deletes its customer');
is(run_sql('circle', sql_of('circle', q{phase = 'switch'}, 'undo_sql')), '0', 'circle: and back');
$change =~ s/24/26/;
no_circle('SELECT FROM orders WHERE id = 26 FOR UPDATE', 'DELETE FROM customer WHERE id = 10;', $change, 'the same, after the way back');
like(run_sql('circle', sql_of('circle', q{phase = 'switch'})), qr/trigger "zzz_partition_sync" .* does not exist/, 'circle: nobody switches to a copy that is not kept in step');

run_under_load('copy', 'copy');
looks_right('copy', 'copy');
is($node->safe_psql('copy', q{
	SELECT (SELECT ROW(count(*), sum(hashtextextended(o::text, 0))) FROM orders o) = (SELECT ROW(count(*), sum(hashtextextended(o::text, 0))) FROM orders_old o)}),
	't', 'copy: the old table has what the new one has');
run_back('copy', 'copy');
is(shape('copy'), $shape, 'copy: the way back leads back');

# Forward again, to the end; then old rows go.
is(run_sql('copy', sql_of('copy', q{phase IN ('prepare', 'copy', 'verify', 'switch', 'after', 'end')})), '0', 'copy: forward again, to the end');
consistent('copy', 'copy, the end');
my $retention = sql_of('copy', q{title LIKE 'Drop partitions%'});
like($node->safe_psql('copy', $retention), qr/DETACH PARTITION \S+ CONCURRENTLY\nRESET lock_timeout\nDO /, 'partitions past retention are detached, then dropped');
(my $some = $retention) =~ s/;\s*$/ LIMIT 4 \\gexec\n/;
$retention =~ s/;\s*$/ \\gexec\n/;
$node->safe_psql('copy', 'INSERT INTO line SELECT id, 9 FROM orders ORDER BY created_at LIMIT 1');
like(run_sql('copy', $retention), qr/still referenced/, 'a partition that is referred to stays');
$node->safe_psql('copy', 'TRUNCATE line, note');
# Somebody knows the oldest of them, so that detaching it is left pending; then it is
# detached, and no more; and there are tables that are not its business.
my $reader = $node->background_psql('copy');
$reader->query_safe('BEGIN');
$reader->query_safe('SELECT count(*) FROM orders');
like(run_sql('copy', $some), qr/canceling statement due to lock timeout/, 'detaching does not wait for long where others are concerned');
is($node->safe_psql('copy', 'SELECT count(*) FROM pg_inherits WHERE inhdetachpending'), '1', 'and is pending then');
$reader->query_safe('COMMIT');
$reader->quit;
is(run_sql('copy', $some), '0', 'a later run ends it');
my $orphans = q{SELECT count(*) FROM pg_class c WHERE relkind = 'r' AND relname LIKE 'orders\_p%' AND NOT relispartition};
is($node->safe_psql('copy', $orphans), '1', 'and is interrupted before the table is dropped');
$node->safe_psql('copy', q{CREATE TABLE orders_px (LIKE orders); COMMENT ON TABLE orders_px IS 'A partition of public.lines past retention, to be dropped'});
is(run_sql('copy', $retention), '0', 'copy: retention');
is($node->safe_psql('copy', $orphans), '1', 'nothing is left but a table that was not made here');
is($node->safe_psql('copy', q{SELECT min(created_at) > now() - interval '38 days' FROM orders}), 't', 'and only those');
done_testing();
