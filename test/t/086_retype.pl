# The script that gives a key and all that refers to it a wider type, executed while
# others write: no writer fails, no row is lost or touched, and the way back and giving
# up leave what was there.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('retype');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\ntimezone = 'UTC'");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION dbadvisor;
	CREATE ROLE clerk;
	CREATE TABLE "Customer" (id int PRIMARY KEY, name text, touched int NOT NULL DEFAULT 0);
	CREATE SEQUENCE customer_number AS int OWNED BY "Customer".id;
	ALTER TABLE "Customer" ALTER COLUMN id SET DEFAULT nextval('customer_number');
	CREATE TABLE orders (
		id int GENERATED ALWAYS AS IDENTITY (INCREMENT BY 2 CACHE 4) PRIMARY KEY,
		"customer ID" int REFERENCES "Customer" ON UPDATE CASCADE ON DELETE SET NULL,
		follows int REFERENCES orders, amount int NOT NULL);
	CREATE UNIQUE INDEX orders_of ON orders ("customer ID" DESC NULLS LAST, id) INCLUDE (amount) WITH (fillfactor = 80);
	CREATE INDEX large ON orders ("customer ID") WHERE amount > 50;
	CREATE TABLE note (customer_id smallint NOT NULL REFERENCES "Customer" ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, line int, PRIMARY KEY (customer_id, line));
	COMMENT ON COLUMN "Customer".id IS E'his\nnumber';
	COMMENT ON INDEX orders_of IS 'how it''s found';
	GRANT SELECT (id) ON "Customer" TO clerk;
	ALTER TABLE "Customer" ALTER COLUMN id SET STATISTICS 500;
	INSERT INTO "Customer" (name) SELECT 'customer ' || g FROM generate_series(1, 1000) g;
	INSERT INTO orders ("customer ID", amount) SELECT 1 + g % 1000, g % 97 FROM generate_series(1, 20000) g;
	INSERT INTO note SELECT g, 1 FROM generate_series(1, 1000) g;
	CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.touched := OLD.touched + 1; RETURN NEW; END';
	CREATE TRIGGER touch BEFORE UPDATE ON "Customer" FOR EACH ROW EXECUTE FUNCTION touch();
	CREATE PROCEDURE write_on(statements text) LANGUAGE plpgsql AS $$
	BEGIN
		WHILE to_regclass('public.go') IS NOT NULL LOOP
			EXECUTE statements;
			COMMIT;
			PERFORM pg_sleep(0.005);
		END LOOP;
	END
	$$});

# Each writer works on rows that no other one changes: what fails is not their fault.
# One begins with the key, one with what refers to it.
my @writers = (
	q{UPDATE "Customer" SET name = name || '.' WHERE id = (random() * 200)::int + 1;
	  INSERT INTO orders ("customer ID", amount) VALUES ((random() * 900)::int + 1, 1)},
	q{UPDATE orders SET "customer ID" = (random() * 900)::int + 1, amount = amount + 1 WHERE id = 2 * (random() * 9000)::int + 1;
	  UPDATE "Customer" SET name = name || '-' WHERE id = (random() * 200)::int + 201},
	q{INSERT INTO "Customer" (name) VALUES ('fleeting');
	  INSERT INTO orders ("customer ID", amount) SELECT currval('customer_number'), 3 FROM generate_series(1, 3);
	  INSERT INTO note VALUES (currval('customer_number'), 1);
	  UPDATE "Customer" SET id = nextval('customer_number') WHERE id = currval('customer_number');
	  DELETE FROM "Customer" WHERE id = currval('customer_number')});

# What the tables are, apart from the order of their columns and their type.
sub shape
{
	return $node->safe_psql('postgres', q{
		SELECT concat_ws(' ', attrelid::regclass, attname, attnotnull, pg_get_expr(adbin, adrelid), attidentity, attstattarget, col_description(attrelid, attnum), attacl)
		  FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		 WHERE attrelid IN ('"Customer"'::regclass, 'orders'::regclass, 'note'::regclass) AND attnum > 0 AND NOT attisdropped
		 UNION ALL
		SELECT pg_get_indexdef(indexrelid) || COALESCE(obj_description(indexrelid, 'pg_class'), '') FROM pg_index WHERE indrelid IN ('"Customer"'::regclass, 'orders'::regclass, 'note'::regclass)
		 UNION ALL
		SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated) FROM pg_constraint
		 WHERE conrelid IN ('"Customer"'::regclass, 'orders'::regclass, 'note'::regclass) AND contype IN ('p', 'u', 'f', 'c')
		 UNION ALL
		SELECT concat_ws(' ', proname, count(*)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace GROUP BY proname
		 UNION ALL
		SELECT concat_ws(' ', seqrelid::regclass, seqincrement, seqcache, seqcycle, seqmin, seqstart) FROM pg_sequence
		 UNION ALL
		SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1});
}

# The types of the columns that belong together, and of their sequence.
sub types
{
	return $node->safe_psql('postgres', q{
		SELECT string_agg(t, ' ') FROM (
			SELECT format_type(atttypid, NULL) FROM pg_attribute
			 WHERE (attrelid, attname) IN (('"Customer"'::regclass, 'id'), ('orders'::regclass, 'customer ID'), ('note'::regclass, 'customer_id')) AND NOT attisdropped
			 ORDER BY attrelid) a (t)})
	  . ', ' . $node->safe_psql('postgres', q{SELECT seqtypid::regtype || ' ' || seqmax FROM pg_sequence WHERE seqrelid = 'customer_number'::regclass});
}

# Wait until more has been written.
sub written
{
	my $before = $node->safe_psql('postgres', q{SELECT last_value FROM customer_number});
	return $node->poll_query_until('postgres', "SELECT last_value > $before + 2 FROM customer_number");
}

my $rows = q{SELECT 'c' AS t, id::bigint AS a, name AS b, touched::bigint AS c FROM "Customer"
	UNION ALL SELECT 'o', id, "customer ID"::text, amount FROM orders
	UNION ALL SELECT 'n', customer_id, line::text, NULL FROM note};

# Run the steps of a plan while others write; compare the rows under the lock of the switch.
sub run_plan
{
	my ($plan) = @_;

	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS before, after; CREATE TABLE go ()');
	my @running;
	foreach my $statements (@writers)
	{
		my ($out, $err) = ('', '');
		push @running, [ IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', "CALL write_on(\$write\$$statements\$write\$)", '-d', $node->connstr('postgres') ],
			'>', \$out, '2>', \$err, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default)), \$err ];
	}
	written();
	foreach my $step (split /\n/, $node->safe_psql('postgres', "SELECT step FROM $plan WHERE step BETWEEN 2 AND 8 ORDER BY step"))
	{
		my $sql = $node->safe_psql('postgres', "SELECT sql FROM $plan WHERE step = $step");
		if ($step == 8)
		{
			$sql =~ s/(wanted := NULL;\n)/$1CREATE TABLE before AS $rows;\n/ or die 'no lock';
			$sql =~ s/(\n\t\t\tRETURN;)/\nCREATE TABLE after AS $rows;$1/ or die 'no end';
		}
		my ($status, undef, $errors) = $node->psql('postgres', "SET client_min_messages = warning;\n$sql", on_error_stop => 1);
		is("$status$errors", '0', "$plan: step $step runs while others write");
		written();
	}
	$node->safe_psql('postgres', 'DROP TABLE go');
	foreach my $writer (@running)
	{
		$writer->[0]->finish;
		is(${ $writer->[1] } . join("|", $writer->[0]->full_results), '0', "$plan: no writer fails");
	}
	is($node->safe_psql('postgres', q{SELECT count(*) > 20000, count(DISTINCT t), sum(hashtextextended(r::text, 0)) = (SELECT sum(hashtextextended(x::text, 0)) FROM after x), count(*) = (SELECT count(*) FROM after) FROM before r}),
		't|3|t|t', "$plan: rows and checksums are the same before and after the switch");
	is($node->safe_psql('postgres', 'SELECT sum(touched) FROM "Customer" WHERE id BETWEEN 502 AND 1000'),
		'0', "$plan: triggers of the table took nothing for a change");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM orders o WHERE "customer ID" IS NOT NULL AND NOT EXISTS (SELECT FROM "Customer" c WHERE c.id = o."customer ID")}),
		'0', "$plan: nothing refers to a key that is not there");
	return;
}

my $shape = shape();
is(types(), 'integer integer smallint, integer 2147483647', 'before');
$node->safe_psql('postgres', q{
	CREATE TABLE wider AS SELECT * FROM dbadvisor.retype_script('"Customer"', 'id');
	CREATE TABLE back AS SELECT * FROM dbadvisor.retype_script('"Customer"', 'id', way_back => true)});
run_plan('wider');
is(types(), 'bigint bigint bigint, bigint 9223372036854775807', 'the key, what refers to it and its sequence are wider');
is(shape(), $shape, 'all else is as it was');
is($node->safe_psql('postgres', $node->safe_psql('postgres', 'SELECT sql FROM back WHERE step = 1')), '', 'all values fit the old types');
run_plan('back');
is(types(), 'integer integer smallint, integer 2147483647', 'the way back leads back');
is(shape(), $shape, 'with all else as it was');

# Giving up, at any point.
my @done;
foreach my $last (2 .. 7)
{
	my $script = join("\n", map { $node->safe_psql('postgres', "SELECT sql FROM wider WHERE step = $_") } 2 .. $last, 9);
	my (undef, undef, $errors) = $node->psql('postgres', "SET client_min_messages = warning;\n$script", on_error_stop => 1);
	push @done, $errors eq '' && shape() eq $shape && types() eq 'integer integer smallint, integer 2147483647' ? $last : $errors;
}
is("@done", '2 3 4 5 6 7', 'whoever gives up after a step has what was there before');

# An identity column, keys beyond the old end, and the check of the way back.
$node->safe_psql('postgres', q{
	CREATE TABLE identity_wider AS SELECT * FROM dbadvisor.retype_script('orders', 'id');
	CREATE TABLE identity_back AS SELECT * FROM dbadvisor.retype_script('orders', 'id', way_back => true)});
my $script = $node->safe_psql('postgres', "SELECT string_agg(sql, E'\\n' ORDER BY step) FROM identity_wider WHERE step < 9");
my (undef, undef, $errors) = $node->psql('postgres', "SET client_min_messages = warning;\n$script", on_error_stop => 1);
is($errors, '', 'a key that numbers itself becomes wider');
is(shape(), $shape, 'and goes on to number itself in the same way');
is($node->safe_psql('postgres', q{SELECT count(*) FROM orders o JOIN orders f ON f.id = o.follows WHERE false;
	SELECT setval('orders_id_seq', 2147483647);
	INSERT INTO orders (amount) VALUES (1) RETURNING id;
	INSERT INTO orders (follows, amount) VALUES (2147483649, 1) RETURNING follows}),
	"0\n2147483647\n2147483649\n2147483649", 'with numbers beyond the old end');
isnt($node->safe_psql('postgres', $node->safe_psql('postgres', 'SELECT sql FROM identity_back WHERE step = 1')), '', 'which the check of the way back finds');

# Rules print the script where a table is large or others refer to the key.
$node->safe_psql('postgres', q{
	CREATE TABLE small (id serial PRIMARY KEY);
	CREATE TABLE bound (id int PRIMARY KEY);
	CREATE TABLE bound_child (id bigint PRIMARY KEY, bound int REFERENCES bound);
	SELECT setval('small_id_seq', 2000000000);
	INSERT INTO bound SELECT 2000000000 + g FROM generate_series(1, 1000) g;
	ANALYZE small, bound;
});
my $online = q{SELECT object_name, apply_sql LIKE '-- Add new columns%', revert_sql LIKE '-- Add new columns%', impact LIKE '%ALTER TABLE%' OR impact LIKE '%retype_script%' FROM dbadvisor.rule_schema_};
is($node->safe_psql('postgres', $online . q{sequence_exhaustion WHERE object_name = 'public.small.id'}), 'public.small.id|f|f|f', 'a small table is rewritten');
is($node->safe_psql('postgres', $online . q{integer_exhaustion WHERE object_name = 'public.bound'}), 'public.bound|t|t|t', 'a key that others refer to is not');
$node->safe_psql('postgres', q{SELECT dbadvisor.set_rule('schema.sequence_exhaustion', thresholds => '{"online_bytes": 0}')});
is($node->safe_psql('postgres', $online . q{sequence_exhaustion WHERE object_name = 'public.small.id'}), 'public.small.id|t|t|t', 'nor is a large table');
$script = $node->safe_psql('postgres', q{SELECT apply_sql FROM dbadvisor.rule_schema_sequence_exhaustion WHERE object_name = 'public.small.id'});
(undef, undef, $errors) = $node->psql('postgres', "SET client_min_messages = warning;\n$script;", on_error_stop => 1);
is($errors . $node->safe_psql('postgres', q{SELECT count(*) FROM dbadvisor.rule_schema_sequence_exhaustion WHERE object_name = 'public.small.id'}), '0', 'the finding is gone once it was applied');

$node->safe_psql('postgres', q{
	CREATE TABLE wide (id bigint PRIMARY KEY);
	CREATE TABLE narrow (id bigint PRIMARY KEY, wide int REFERENCES wide)});
my $mismatch = q{SELECT apply_sql FROM dbadvisor.rule_schema_foreign_key_type_mismatch WHERE object_name = 'public.narrow.wide'};
is($node->safe_psql('postgres', $mismatch), 'ALTER TABLE public.narrow ALTER COLUMN wide TYPE bigint', 'a small column that refers to a wider key is rewritten');
$node->safe_psql('postgres', q{SELECT dbadvisor.set_rule('schema.foreign_key_type_mismatch', thresholds => '{"max_rewrite_bytes": -1}')});
$script = $node->safe_psql('postgres', $mismatch);
(undef, undef, $errors) = $node->psql('postgres', "SET client_min_messages = warning;\n$script;", on_error_stop => 1);
is($errors . $node->safe_psql('postgres', $mismatch), '', 'a large one is swapped, and the finding is gone');

# What is in the way is named, and nothing is printed then.
my @obstacles = (
	[ 'CREATE VIEW seen AS SELECT id FROM bound', 'public.seen' ],
	[ 'ALTER TABLE bound ADD CONSTRAINT positive CHECK (id > 0)', 'constraint positive of public.bound' ],
	[ 'CREATE INDEX half ON bound ((id / 2))', 'index public.half' ],
	[ 'CREATE INDEX hot ON bound (id) WHERE id > 5', 'index public.hot' ],
	[ 'CREATE PUBLICATION p FOR TABLE bound', 'the publication of public.bound' ],
	[ 'ALTER TABLE bound FORCE ROW LEVEL SECURITY', 'the policies that bind its owner of public.bound' ],
	[ 'CREATE TABLE heir () INHERITS (bound)', 'the partitions or heirs of public.bound' ],
	[ 'ALTER TABLE bound ADD COLUMN id_retyped int', 'column id_retyped of public.bound' ],
	[ q{CREATE TRIGGER touch BEFORE UPDATE ON bound_child FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE bound_child ENABLE ALWAYS TRIGGER touch}, 'a trigger that always runs of public.bound_child' ],
	[ 'ALTER TABLE bound_child ADD FOREIGN KEY (bound) REFERENCES bound ON DELETE SET DEFAULT', 'constraint bound_child_bound_fkey1 of public.bound_child' ],
	[ 'ALTER TABLE bound ADD COLUMN half int GENERATED ALWAYS AS (id / 2) STORED', 'generated column half' ]);
is($node->safe_psql('postgres', q{SELECT dbadvisor.retype_obstacles('bound'::regclass, 1::smallint, 'bigint') IS NULL, count(*) FROM dbadvisor.retype_script('bound', 'id')}), 't|8', 'nothing is in the way');
foreach my $obstacle (@obstacles)
{
	is($node->safe_psql('postgres', "BEGIN; $obstacle->[0]; " . q{
			SELECT dbadvisor.retype_obstacles('bound'::regclass, 1::smallint, 'bigint');
			SELECT count(*) FROM dbadvisor.retype_script('bound', 'id');
			ROLLBACK}), "$obstacle->[1]\n0", "in the way: $obstacle->[1]");
}
done_testing();
