# Migrations that normalize() writes, executed: while others write, the view that
# takes the table's place shows what the table would have; reads and writes through
# it are those of the table; and the way back leads back.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('normalize');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor; CREATE ROLE clerk; CREATE ROLE "Odd Owner"');

# Tables with what they are to be split into.
my @cases = (
	{
		name => 'sales',
		made => q{
			CREATE TABLE sales (
				line_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id int, customer_name text,
				country_id int, country_name text, quantity int NOT NULL DEFAULT 1, note text);
			INSERT INTO sales (customer_id, customer_name, country_id, country_name, quantity, note)
			SELECT c, 'customer ' || c, c % 20, 'country ' || c % 20, g % 97, md5(g::text)
			  FROM (SELECT g, g % 100 AS c FROM generate_series(1, 4000) g) s;
			GRANT SELECT, INSERT ON sales TO clerk},
		insert => q{INSERT INTO sales (customer_id, customer_name, country_id, country_name, note) SELECT c, 'customer ' || c, c % 20, 'country ' || c % 20, 'new' FROM (SELECT 1 + (random() * 198)::int AS c) s},
		tables => 'country|customer' },
	{
		name => 'Odd "Names"',
		made => q{
			CREATE TABLE "Odd ""Names""" (a int, b int, "Product ID" int, "Product's name" varchar(40) COLLATE "C", "select" numeric(10,2), PRIMARY KEY (a, b));
			INSERT INTO "Odd ""Names""" SELECT g, g % 3, g % 100, 'product ' || g % 100, (g % 100) * 1.5 FROM generate_series(1, 4000) g;
			ALTER TABLE "Odd ""Names""" OWNER TO "Odd Owner"; GRANT CREATE ON SCHEMA public TO "Odd Owner"},
		insert => q{INSERT INTO "Odd ""Names""" SELECT 4000 + nextval('odd'), 1, p, 'product ' || p, p * 1.5 FROM (SELECT (random() * 200)::int AS p) s},
		tables => 'product' },
	{
		name => 'visit',
		made => q{
			CREATE TABLE visit (id bigint PRIMARY KEY, doctor_id int, ward_id int, doctor_name text, ward_floor text, ward_phone text);
			INSERT INTO visit SELECT g, g % 40, NULLIF(g % 101, 0), 'doctor ' || g % 40, 'floor ' || NULLIF(g % 101, 0), '555-' || NULLIF(g % 101, 0) FROM generate_series(1, 4000) g},
		insert => q{INSERT INTO visit SELECT 4000 + nextval('odd'), d, NULL, 'doctor ' || d, NULL, NULL FROM (SELECT (random() * 60)::int AS d) s},
		tables => 'doctor|ward' },
);
$node->safe_psql('postgres', 'CREATE SEQUENCE odd');
# A pause between writes keeps the tables small.
$node->safe_psql('postgres', q{
	CREATE PROCEDURE write_on(statement text) LANGUAGE plpgsql AS $$
	BEGIN
		WHILE to_regclass('go') IS NOT NULL LOOP
			EXECUTE statement;
			COMMIT;
			PERFORM pg_sleep(0.002);
		END LOOP;
	END
	$$});
my $n = 0;

foreach my $case (@cases)
{
	my $relation = join '', '"', ($case->{name} =~ s/"/""/gr), '"';
	my $literal = $relation =~ s/'/''/gr;

	$n++;
	$node->safe_psql('postgres', "$case->{made}; ANALYZE");
	my $plan = "SELECT step, sql FROM dbadvisor.normalize('$literal', min_bytes => 10000) WHERE sql IS NOT NULL";
	$node->safe_psql('postgres', "CREATE TABLE plan_$n AS $plan");
	is($node->safe_psql('postgres', "SELECT count(*) FROM plan_$n"), 8, "$case->{name}: has a migration");
	is($node->safe_psql('postgres', "SELECT count(*) FROM ($plan) p JOIN plan_$n USING (step, sql)"), 8, '... the same when asked again');

	# Others write until they are told to stop, however fast the machine is.
	my $script = PostgreSQL::Test::Utils::tempdir() . "/write-$n.sql";
	append_to_file($script, "CALL write_on(\$write\$$case->{insert}\$write\$);\n");
	$node->safe_psql('postgres', 'CREATE TABLE go ()');
	my ($out, $err) = ('', '');
	my $writer = IPC::Run::start([ 'pgbench', '-n', '-c', 2, '-t', 1, '-f', $script, $node->connstr('postgres') ],
		'>', \$out, '2>', \$err, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	written($relation);

	my $precheck = $node->safe_psql('postgres', "SELECT sql FROM plan_$n WHERE step = 1");
	is($node->safe_psql('postgres', $precheck), '', '... its check finds nothing');
	foreach my $step (2 .. 6)
	{
		my $sql = $node->safe_psql('postgres', "SELECT sql FROM plan_$n WHERE step = $step");
		if ($case->{name} eq 'sales' && $step == 5)
		{
			add_keys_amid_write($sql);
		}
		else
		{
			my ($status, undef, $errors) = $node->psql('postgres', $sql, on_error_stop => 1);
			is("$status$errors", '0', "... step $step runs while others write");
		}
		written($relation);
	}
	my $old_columns = $node->safe_psql('postgres', "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$literal'::regclass AND attnum > 0");
	my $switch = $node->safe_psql('postgres', "SELECT sql FROM plan_$n WHERE step = 7");
	# the table as it was, taken under the lock of the switch itself
	$switch =~ s/(LOCK TABLE [^\n]* IN ACCESS EXCLUSIVE MODE;\n)/$1CREATE TABLE before_$n AS SELECT * FROM $relation;\n/ or die 'no lock';
	$switch =~ s/COMMIT;\z/CREATE TABLE after_$n AS SELECT * FROM $relation;\nCOMMIT;/ or die 'no commit';
	my ($status, undef, $errors) = $node->psql('postgres', $switch, on_error_stop => 1);
	is("$status$errors", '0', '... the switch runs while others write');
	ok(written($relation), '... which go on through the view');
	$node->safe_psql('postgres', 'DROP TABLE go');
	$writer->finish;
	is(join('|', $writer->full_results) . ($err =~ /^(.*ERROR.*)$/m ? $1 : ''), '0', '... without an error') or diag($err);
	is($node->safe_psql('postgres', "SELECT count(*) FROM ((TABLE before_$n EXCEPT ALL TABLE after_$n) UNION ALL (TABLE after_$n EXCEPT ALL TABLE before_$n)) d"),
		0, '... and changed no row');
	is($node->safe_psql('postgres', "SELECT relkind FROM pg_class WHERE oid = '$literal'::regclass"), 'v', '... the table is a view');
	is($node->safe_psql('postgres', "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$literal'::regclass AND attnum > 0"),
		$old_columns, '... with the same columns');
	is($node->safe_psql('postgres', "SELECT string_agg(relname, '|' ORDER BY relname) FROM pg_class WHERE relname IN ('country', 'customer', 'product', 'doctor', 'ward') AND relkind = 'r'"),
		$case->{tables}, '... beside the tables that were meant');
	cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM $relation"), '>', $node->safe_psql('postgres', "SELECT count(*) FROM before_$n"), '... and has the rows that came later');
	last_writes($relation) if $case->{name} eq 'sales';

	# And back.
	$node->safe_psql('postgres', "CREATE TABLE view_$n AS SELECT * FROM $relation");
	($status, undef, $errors) = $node->psql('postgres', $node->safe_psql('postgres', "SELECT sql FROM plan_$n WHERE step = 8"), on_error_stop => 1);
	is("$status$errors", '0', '... the way back runs');
	my $names = $node->safe_psql('postgres', "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'view_$n'::regclass AND attnum > 0");
	is($node->safe_psql('postgres', "SELECT relkind FROM pg_class WHERE oid = '$literal'::regclass")
		  . $node->safe_psql('postgres', "SELECT count(*) FROM ((SELECT $names FROM view_$n EXCEPT ALL SELECT $names FROM $relation) UNION ALL (SELECT $names FROM $relation EXCEPT ALL SELECT $names FROM view_$n)) d"),
		'r0', '... to a table with the same rows');
}

# Foreign keys come when a writer has reached one of the new tables and not yet the
# other: neither may stand in the other's way.  The writer decides how long it takes.
sub add_keys_amid_write
{
	my ($sql) = @_;

	$sql =~ s/SET LOCAL lock_timeout = '5s';\n// or die 'no lock_timeout';
	my $writer = $node->background_psql('postgres');
	$writer->query_safe('BEGIN; LOCK TABLE sales, country IN ROW EXCLUSIVE MODE');
	my $script = PostgreSQL::Test::Utils::tempdir() . '/add_keys.sql';
	append_to_file($script, $sql);
	my ($out, $err) = ('', '');
	my $adder = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $script, '-d', $node->connstr('postgres') ],
		'>', \$out, '2>', \$err, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND NOT granted")
	  or die 'nobody waits';
	$writer->query_safe('LOCK TABLE customer IN ROW EXCLUSIVE MODE; COMMIT');
	$writer->quit;
	$adder->finish;
	is(join('|', $adder->full_results) . $err, '0', '... step 5 runs amid a write');
	return;
}

# Wait until more rows have come.
sub written
{
	my ($relation) = @_;

	my $rows = $node->safe_psql('postgres', "SELECT count(*) FROM $relation");
	return $node->poll_query_until('postgres', "SELECT count(*) > $rows FROM $relation");
}

# Writes through the view do what they did to the table.
sub last_writes
{
	my ($relation) = @_;

	is($node->safe_psql('postgres', q{
			INSERT INTO sales (customer_id, customer_name, country_id, country_name) VALUES (9000, 'new one', 3, 'country 3') RETURNING quantity;
			UPDATE sales SET customer_name = 'renamed' WHERE customer_id = 7;
			SELECT count(DISTINCT customer_name), min(customer_name), count(*) >= 40 FROM sales WHERE customer_id = 7;
			UPDATE sales SET quantity = 1000 WHERE customer_id = 9000;
			SELECT quantity, customer_name, country_name FROM sales WHERE customer_id = 9000;
			DELETE FROM sales WHERE customer_id = 9000;
			SELECT count(*) FROM sales WHERE customer_id = 9000}),
		"1\n1|renamed|t\n1000|new one|country 3\n0", '... insert, update and delete work through it');
	my ($status, undef, $errors) = $node->psql('postgres', q{
		INSERT INTO sales (customer_id, customer_name, country_id, country_name) VALUES (8, 'another name', 8, 'country 8')});
	like($errors, qr/customer has other values for these customer_id/, '... a row that contradicts is refused');
	($status, undef, $errors) = $node->psql('postgres', q{UPDATE sales SET customer_id = 8 WHERE customer_id = 9});
	like($errors, qr/customer has other values for these customer_id/, '... as is one that would take another row\'s name along');
	is($node->safe_psql('postgres', q{SET ROLE clerk; INSERT INTO sales (customer_id, customer_name, country_id, country_name) VALUES (8, 'customer 8', 8, 'country 8'); SELECT count(*) > 0 FROM sales}),
		't', '... and privileges are as they were');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM (SELECT DISTINCT customer_id, customer_name FROM sales) s GROUP BY customer_id HAVING count(*) > 1}),
		'', '... nothing contradicts itself');
	my ($plan) = $node->safe_psql('postgres', 'EXPLAIN (COSTS OFF) SELECT line_id, quantity FROM sales');
	unlike($plan, qr/customer|country/, '... and what is not asked for is not read');
	return;
}
done_testing();
