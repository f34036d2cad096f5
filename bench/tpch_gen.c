/*-------------------------------------------------------------------------
 *
 * tpch_gen.c
 *		Write rows for the TPC-H tables as COPY text.
 *
 * The number of rows, the ranges and the dependencies between columns follow
 * the TPC-H specification; the random numbers and the pseudo text are our own,
 * so results cannot be compared with TPC-H results.
 *
 * Every row has a random stream of its own, seeded by (seed, table, row).  A
 * table therefore comes out the same whether it is made alone or not, and
 * orders agrees with lineitem although both may be made at the same time by
 * two processes.
 *
 * Usage: tpch_gen [-s SCALE] [-r SEED] -t TABLE
 * Example: tpch_gen -s 0.5 -t orders | psql -c 'COPY orders FROM STDIN'
 *
 *-------------------------------------------------------------------------
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tpch_words.h"

#define PARTS_PER_SCALE		200000
#define SUPPLIERS_PER_SCALE	10000
#define CUSTOMERS_PER_SCALE	150000
#define ORDERS_PER_SCALE	1500000
#define CLERKS_PER_SCALE	1000

/* Below this many suppliers a part could get the same supplier twice. */
#define MIN_SCALE			0.03
/* Order keys above this many would not fit an integer column. */
#define MAX_SCALE			300

#define SUPPLIERS_PER_PART	4
#define MAX_LINES			7
/* One supplier in so many is complained about, and one is recommended. */
#define SUPPLIERS_PER_REMARK	2000

/* Days, counted from 1992-01-01, of 1995-06-17 and of 1998-08-02. */
#define CURRENT_DAY			1263
#define LAST_ORDER_DAY		2405
/* The last receipt: the last order day, 121 days to ship, 30 to arrive. */
#define DAYS				(LAST_ORDER_DAY + 121 + 30 + 1)

/* Comments are cut out of one long text. */
#define TEXT_BYTES			(16 * 1024 * 1024)

/* Tables, as they salt their rows' random streams. */
enum
{
	REGION, NATION, PART, SUPPLIER, PARTSUPP, CUSTOMER, ORDERS, TEXT, REMARK
};

typedef struct Random
{
	uint64_t	state;
} Random;

/* What the command line asks for, and what follows from it. */
typedef struct Generator
{
	uint64_t	seed;
	int64_t		parts;			/* rows of each table */
	int64_t		suppliers;
	int64_t		customers;
	int64_t		orders;
	int64_t		clerks;			/* number of different clerks */
	char	   *text;			/* TEXT_BYTES of pseudo text */
	char		dates[DAYS][11];	/* "1992-01-01" and so on */
} Generator;

typedef struct Line
{
	int64_t		part;
	int64_t		supplier;
	int			quantity;
	int64_t		price;			/* extended, in cents */
	int			discount;		/* percent */
	int			tax;			/* percent */
	int			ship_day;
	int			commit_day;
	int			receipt_day;
	char		return_flag;
	char		status;
} Line;

typedef struct Order
{
	int64_t		key;
	int64_t		customer;
	int			day;
	int			nlines;
	Line		lines[MAX_LINES];
	char		status;
	int64_t		total;			/* in cents */
} Order;

/* ----------
 * Random numbers
 * ----------
 */

/* Return the next 64 random bits (splitmix64). */
static uint64_t
random_bits(Random *random)
{
	uint64_t	z = (random->state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* Return the random stream of one row of a table. */
static Random
random_of_row(const Generator *gen, int table, int64_t row)
{
	Random		random = {gen->seed * 16 + table};

	random.state = random_bits(&random) ^ (uint64_t) row;
	random.state = random_bits(&random);
	return random;
}

/* Return a number from "low" to "high", both included, all equally likely. */
static int64_t
between(Random *random, int64_t low, int64_t high)
{
	uint64_t	span = (uint64_t) (high - low) + 1;

	return low + (int64_t) (((random_bits(random) >> 32) * span) >> 32);
}

#define one_of(random, list) (list)[between(random, 0, LENGTH_OF(list) - 1)]

/* ----------
 * Output: fields of one row, separated by tabs
 * ----------
 */

/* Write a text followed by "end", a tab or a newline. */
static void
put_text(const char *text, char end)
{
	fputs(text, stdout);
	putc(end, stdout);
}

static void
put_number(int64_t number, char end)
{
	char		digits[24];
	char	   *start = digits + sizeof(digits);
	uint64_t	rest = number < 0 ? -(uint64_t) number : (uint64_t) number;

	do
		*--start = (char) ('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (number < 0)
		*--start = '-';
	fwrite(start, 1, (size_t) (digits + sizeof(digits) - start), stdout);
	putc(end, stdout);
}

/* Write an amount of cents as a decimal number. */
static void
put_cents(int64_t cents, char end)
{
	int64_t		size = cents < 0 ? -cents : cents;

	if (cents < 0)
		putc('-', stdout);
	put_number(size / 100, '.');
	putc((int) ('0' + size / 10 % 10), stdout);
	putc((int) ('0' + size % 10), stdout);
	putc(end, stdout);
}

/* Write "prefix" and a key with nine digits. */
static void
put_name(const char *prefix, int64_t key, char end)
{
	printf("%s#%09lld%c", prefix, (long long) key, end);
}

/* Write a random text of the characters that addresses consist of. */
static void
put_address(Random *random, char end)
{
	static const char letters[] =
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, ";
	int64_t		length = between(random, 10, 40);

	while (length-- > 0)
		putc(letters[between(random, 0, 63)], stdout);
	putc(end, stdout);
}

/* Write a telephone number; its first two digits tell the nation. */
static void
put_phone(Random *random, int64_t nation, char end)
{
	int64_t		area = between(random, 100, 999);
	int64_t		exchange = between(random, 100, 999);

	put_number(10 + nation, '-');
	put_number(area, '-');
	put_number(exchange, '-');
	put_number(between(random, 1000, 9999), end);
}

/* Write a cut of the pseudo text; a comment ends its row. */
static void
put_comment(const Generator *gen, Random *random, int shortest, int longest)
{
	size_t		length = (size_t) between(random, shortest, longest);

	fwrite(gen->text + between(random, 0, TEXT_BYTES - longest), 1, length, stdout);
	putc('\n', stdout);
}

/* ----------
 * Pseudo text
 * ----------
 */

/* Append words to a text that ends at "end"; return its new end. */
static char *
append(char *end, const char *words)
{
	size_t		length = strlen(words);

	memcpy(end, words, length);
	return end + length;
}

/* Append a noun, often with adjectives or an adverb before it. */
static char *
append_noun(Random *random, char *end)
{
	int64_t		form = between(random, 0, 3);

	if (form == 3)
		end = append(append(end, one_of(random, adverbs)), " ");
	if (form > 0)
		end = append(end, one_of(random, adjectives));
	if (form == 2)
		end = append(append(end, ", "), one_of(random, adjectives));
	if (form > 0)
		end = append(end, " ");
	return append(end, one_of(random, nouns));
}

/* Append a verb, often with an auxiliary before or an adverb around it. */
static char *
append_verb(Random *random, char *end)
{
	int64_t		form = between(random, 0, 3);

	if (form % 2 == 1)
		end = append(append(end, one_of(random, auxiliaries)), " ");
	end = append(end, one_of(random, verbs));
	if (form >= 2)
		end = append(append(end, " "), one_of(random, adverbs));
	return end;
}

/* Append "<preposition> the <noun>". */
static char *
append_place(Random *random, char *end)
{
	end = append(append(end, one_of(random, prepositions)), " the ");
	return append_noun(random, end);
}

/* Append one sentence of the specification's grammar. */
static char *
append_sentence(Random *random, char *end)
{
	int64_t		form = between(random, 0, 4);

	end = append_noun(random, end);
	if (form == 4)
		end = append_place(random, append(end, " "));
	end = append_verb(random, append(end, " "));
	if (form == 1 || form == 3)
		end = append_place(random, append(end, " "));
	if (form == 2 || form == 3)
		end = append_noun(random, append(end, " "));
	return append(append(end, one_of(random, terminators)), " ");
}

/* Return TEXT_BYTES of sentences. */
static char *
make_text(const Generator *gen)
{
	/* The last sentence may run over the end, by less than this. */
	char	   *text = malloc(TEXT_BYTES + 1024);
	Random		random = random_of_row(gen, TEXT, 0);
	char	   *end = text;

	if (text == NULL)
	{
		fputs("tpch_gen: out of memory\n", stderr);
		exit(1);
	}
	while (end < text + TEXT_BYTES)
		end = append_sentence(&random, end);
	return text;
}

/* ----------
 * Keys and dates
 * ----------
 */

/* Fill the table of dates as they are written. */
static void
make_dates(Generator *gen)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			year = 1992,
				month = 0,
				day = 1;

	for (int i = 0; i < DAYS; i++)
	{
		int			length = lengths[month] + (month == 1 && year % 4 == 0);

		snprintf(gen->dates[i], sizeof(gen->dates[i]), "%04u-%02u-%02u",
				 (unsigned) year % 10000, (unsigned) (month + 1) % 100,
				 (unsigned) day % 100);
		if (++day <= length)
			continue;
		day = 1;
		if (++month == 12)
		{
			month = 0;
			year++;
		}
	}
}

/* Return the i-th (0 to 3) supplier of a part. */
static int64_t
supplier_of_part(const Generator *gen, int64_t part, int i)
{
	int64_t		count = gen->suppliers;

	return (part + i * (count / SUPPLIERS_PER_PART + (part - 1) / count)) % count + 1;
}

/* Return the price of a part in cents. */
static int64_t
retail_price(int64_t part)
{
	return 90000 + part / 10 % 20001 + 100 * (part % 1000);
}

/* Return the key of the row-th order: the first 8 of every 32 numbers. */
static int64_t
order_key(int64_t row)
{
	return row / 8 * 32 + row % 8;
}

/* Return the key of a customer who orders: one not divisible by three. */
static int64_t
ordering_customer(const Generator *gen, Random *random)
{
	int64_t		ordering = gen->customers - gen->customers / 3;
	int64_t		position = between(random, 0, ordering - 1);

	return position / 2 * 3 + position % 2 + 1;
}

/* ----------
 * Orders and their lines
 * ----------
 */

/* Choose one line of an order of the given day. */
static Line
make_line(const Generator *gen, Random *random, int order_day)
{
	Line		line;

	line.part = between(random, 1, gen->parts);
	line.supplier = supplier_of_part(gen, line.part, (int) between(random, 0, 3));
	line.quantity = (int) between(random, 1, 50);
	line.price = line.quantity * retail_price(line.part);
	line.discount = (int) between(random, 0, 10);
	line.tax = (int) between(random, 0, 8);
	line.ship_day = order_day + (int) between(random, 1, 121);
	line.commit_day = order_day + (int) between(random, 30, 90);
	line.receipt_day = line.ship_day + (int) between(random, 1, 30);
	if (line.receipt_day > CURRENT_DAY)
		line.return_flag = 'N';
	else
		line.return_flag = between(random, 0, 1) ? 'R' : 'A';
	line.status = line.ship_day > CURRENT_DAY ? 'O' : 'F';
	return line;
}

/* Choose an order and its lines; "random" is the stream of its row. */
static Order
make_order(const Generator *gen, Random *random, int64_t row)
{
	Order		order;
	int			open = 0;

	order.key = order_key(row);
	order.customer = ordering_customer(gen, random);
	order.day = (int) between(random, 0, LAST_ORDER_DAY);
	order.nlines = (int) between(random, 1, MAX_LINES);
	order.total = 0;
	for (int i = 0; i < order.nlines; i++)
	{
		Line		line = make_line(gen, random, order.day);

		open += line.status == 'O';
		order.total += line.price * (100 + line.tax) / 100 * (100 - line.discount) / 100;
		order.lines[i] = line;
	}
	order.status = open == 0 ? 'F' : open == order.nlines ? 'O' : 'P';
	return order;
}

/* Write the orders. */
static void
write_orders(const Generator *gen)
{
	for (int64_t row = 1; row <= gen->orders; row++)
	{
		Random		random = random_of_row(gen, ORDERS, row);
		Order		order = make_order(gen, &random, row);

		put_number(order.key, '\t');
		put_number(order.customer, '\t');
		putc(order.status, stdout);
		putc('\t', stdout);
		put_cents(order.total, '\t');
		put_text(gen->dates[order.day], '\t');
		put_text(one_of(&random, priorities), '\t');
		put_name("Clerk", between(&random, 1, gen->clerks), '\t');
		put_number(0, '\t');
		put_comment(gen, &random, 19, 78);
	}
}

/* Write one line of an order. */
static void
write_line(const Generator *gen, Random *random, const Order *order, int number)
{
	const Line *line = &order->lines[number - 1];

	put_number(order->key, '\t');
	put_number(line->part, '\t');
	put_number(line->supplier, '\t');
	put_number(number, '\t');
	put_number(line->quantity, '\t');
	put_cents(line->price, '\t');
	put_cents(line->discount, '\t');
	put_cents(line->tax, '\t');
	putc(line->return_flag, stdout);
	putc('\t', stdout);
	putc(line->status, stdout);
	putc('\t', stdout);
	put_text(gen->dates[line->ship_day], '\t');
	put_text(gen->dates[line->commit_day], '\t');
	put_text(gen->dates[line->receipt_day], '\t');
	put_text(one_of(random, ship_instructions), '\t');
	put_text(one_of(random, ship_modes), '\t');
	put_comment(gen, random, 10, 43);
}

/* Write the lines of all orders, order by order. */
static void
write_lineitem(const Generator *gen)
{
	for (int64_t row = 1; row <= gen->orders; row++)
	{
		Random		random = random_of_row(gen, ORDERS, row);
		Order		order = make_order(gen, &random, row);

		for (int number = 1; number <= order.nlines; number++)
			write_line(gen, &random, &order, number);
	}
}

/* ----------
 * The other tables
 * ----------
 */

static void
write_region(const Generator *gen)
{
	for (int i = 0; i < LENGTH_OF(regions); i++)
	{
		Random		random = random_of_row(gen, REGION, i);

		put_number(i, '\t');
		put_text(regions[i], '\t');
		put_comment(gen, &random, 31, 115);
	}
}

static void
write_nation(const Generator *gen)
{
	for (int i = 0; i < LENGTH_OF(nations); i++)
	{
		Random		random = random_of_row(gen, NATION, i);

		put_number(i, '\t');
		put_text(nations[i].name, '\t');
		put_number(nations[i].region, '\t');
		put_comment(gen, &random, 31, 114);
	}
}

/* Write a part's name: five different colours. */
static void
put_colours(Random *random)
{
	int64_t		chosen[5];

	for (int i = 0; i < 5; i++)
	{
		bool		again;

		do
		{
			chosen[i] = between(random, 0, LENGTH_OF(colours) - 1);
			again = false;
			for (int j = 0; j < i; j++)
				again |= chosen[j] == chosen[i];
		} while (again);
		put_text(colours[chosen[i]], i < 4 ? ' ' : '\t');
	}
}

static void
write_part(const Generator *gen)
{
	for (int64_t key = 1; key <= gen->parts; key++)
	{
		Random		random = random_of_row(gen, PART, key);
		int64_t		maker = between(&random, 1, 5);

		put_number(key, '\t');
		put_colours(&random);
		fputs("Manufacturer#", stdout);
		put_number(maker, '\t');
		fputs("Brand#", stdout);
		put_number(maker * 10 + between(&random, 1, 5), '\t');
		put_text(one_of(&random, type_sizes), ' ');
		put_text(one_of(&random, type_finishes), ' ');
		put_text(one_of(&random, type_metals), '\t');
		put_number(between(&random, 1, 50), '\t');
		put_text(one_of(&random, container_sizes), ' ');
		put_text(one_of(&random, container_kinds), '\t');
		put_cents(retail_price(key), '\t');
		put_comment(gen, &random, 5, 22);
	}
}

/*
 * Return the second word of a remark about a supplier, or NULL.  Of each
 * SUPPLIERS_PER_REMARK suppliers one gives reason to complain, another is
 * recommended.
 */
static const char *
remark_about(const Generator *gen, int64_t supplier)
{
	int64_t		block = (supplier - 1) / SUPPLIERS_PER_REMARK;
	int64_t		position = (supplier - 1) % SUPPLIERS_PER_REMARK;
	Random		random = random_of_row(gen, REMARK, block);
	int64_t		bad = between(&random, 0, SUPPLIERS_PER_REMARK - 1);
	int64_t		distance = between(&random, 1, SUPPLIERS_PER_REMARK - 1);

	if (position == bad)
		return "Complaints";
	if (position == (bad + distance) % SUPPLIERS_PER_REMARK)
		return "Recommends";
	return NULL;
}

/* Write a comment that holds "Customer", some text, and the word. */
static void
put_remark(const Generator *gen, Random *random, const char *word)
{
	char		comment[128];
	size_t		first = strlen("Customer");
	size_t		second = strlen(word);
	size_t		length = (size_t) between(random, 25, 100);
	size_t		spare = length - first - second;
	size_t		before = (size_t) between(random, 0, (int64_t) spare);
	size_t		gap = (size_t) between(random, 0, (int64_t) (spare - before));

	memcpy(comment, gen->text + between(random, 0, TEXT_BYTES - 128), length);
	memcpy(comment + before, "Customer", first);
	memcpy(comment + before + first + gap, word, second);
	fwrite(comment, 1, length, stdout);
	putc('\n', stdout);
}

static void
write_supplier(const Generator *gen)
{
	for (int64_t key = 1; key <= gen->suppliers; key++)
	{
		Random		random = random_of_row(gen, SUPPLIER, key);
		int64_t		nation = between(&random, 0, LENGTH_OF(nations) - 1);
		const char *remark = remark_about(gen, key);

		put_number(key, '\t');
		put_name("Supplier", key, '\t');
		put_address(&random, '\t');
		put_number(nation, '\t');
		put_phone(&random, nation, '\t');
		put_cents(between(&random, -99999, 999999), '\t');
		if (remark != NULL)
			put_remark(gen, &random, remark);
		else
			put_comment(gen, &random, 25, 100);
	}
}

static void
write_partsupp(const Generator *gen)
{
	for (int64_t row = 0; row < gen->parts * SUPPLIERS_PER_PART; row++)
	{
		Random		random = random_of_row(gen, PARTSUPP, row);
		int64_t		part = row / SUPPLIERS_PER_PART + 1;

		put_number(part, '\t');
		put_number(supplier_of_part(gen, part, (int) (row % SUPPLIERS_PER_PART)), '\t');
		put_number(between(&random, 1, 9999), '\t');
		put_cents(between(&random, 100, 100000), '\t');
		put_comment(gen, &random, 49, 198);
	}
}

static void
write_customer(const Generator *gen)
{
	for (int64_t key = 1; key <= gen->customers; key++)
	{
		Random		random = random_of_row(gen, CUSTOMER, key);
		int64_t		nation = between(&random, 0, LENGTH_OF(nations) - 1);

		put_number(key, '\t');
		put_name("Customer", key, '\t');
		put_address(&random, '\t');
		put_number(nation, '\t');
		put_phone(&random, nation, '\t');
		put_cents(between(&random, -99999, 999999), '\t');
		put_text(one_of(&random, segments), '\t');
		put_comment(gen, &random, 29, 116);
	}
}

/* ----------
 * Command line
 * ----------
 */

typedef struct Table
{
	const char *name;
	void		(*write) (const Generator *gen);
} Table;

static const Table tables[] = {
	{"region", write_region}, {"nation", write_nation}, {"part", write_part},
	{"supplier", write_supplier}, {"partsupp", write_partsupp},
	{"customer", write_customer}, {"orders", write_orders},
	{"lineitem", write_lineitem}
};

/* Say how to call the program, and fail. */
static void
usage(void)
{
	fprintf(stderr, "usage: tpch_gen [-s SCALE] [-r SEED] -t TABLE\n"
			"SCALE is from %g to %d (default 1), SEED a number (default 1),\nTABLE one of",
			MIN_SCALE, MAX_SCALE);
	for (int i = 0; i < LENGTH_OF(tables); i++)
		fprintf(stderr, " %s", tables[i].name);
	fputs("\n", stderr);
	exit(2);
}

/* Return the table of that name; without one, fail. */
static const Table *
find_table(const char *name)
{
	for (int i = 0; i < LENGTH_OF(tables); i++)
		if (strcmp(tables[i].name, name) == 0)
			return &tables[i];
	usage();
	return NULL;
}

/* Set the numbers of rows that belong to a scale factor. */
static void
set_scale(Generator *gen, double scale)
{
	if (!(scale >= MIN_SCALE && scale <= MAX_SCALE))
		usage();
	gen->parts = (int64_t) (scale * PARTS_PER_SCALE + 0.5);
	gen->suppliers = (int64_t) (scale * SUPPLIERS_PER_SCALE + 0.5);
	gen->customers = (int64_t) (scale * CUSTOMERS_PER_SCALE + 0.5);
	gen->orders = (int64_t) (scale * ORDERS_PER_SCALE + 0.5);
	gen->clerks = (int64_t) (scale * CLERKS_PER_SCALE + 0.5);
}

int
main(int argc, char **argv)
{
	static Generator gen;
	const Table *table = NULL;
	double		scale = 1;

	gen.seed = 1;
	for (int i = 1; i < argc; i += 2)
	{
		if (i + 1 == argc)
			usage();
		if (strcmp(argv[i], "-s") == 0)
			scale = strtod(argv[i + 1], NULL);
		else if (strcmp(argv[i], "-r") == 0)
			gen.seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "-t") == 0)
			table = find_table(argv[i + 1]);
		else
			usage();
	}
	if (table == NULL)
		usage();
	set_scale(&gen, scale);
	make_dates(&gen);
	gen.text = make_text(&gen);
	table->write(&gen);
	if (fflush(stdout) != 0 || ferror(stdout))
	{
		perror("tpch_gen: cannot write");
		return 1;
	}
	free(gen.text);
	return 0;
}
