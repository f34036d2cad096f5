/*-------------------------------------------------------------------------
 *
 * matrices.c
 *		Run the search for indexes on published cost matrices.
 *
 * Reads one file of AMPL data: sizes of indexes, the indexes of each
 * combination, and the cost of each query with each combination.  Prints one
 * row of a Markdown table for each budget with its proven optimum.
 * Usage: matrices FILE NAME BUDGET:OPTIMUM ...
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "index/facility.h"

/* Budgets are given in this many bytes. */
#define MEGABYTE 1e6

/* Solved this often; the fastest run counts. */
#define RUNS 5

/* A combination of indexes. */
typedef struct Combination
{
	int			nmembers;
	int		   *members;
}			Combination;

/* What a file says. */
typedef struct Matrix
{
	int			nindexes;
	int			ncombinations;
	double	   *bytes;			/* by index, from 0 */
	Combination *combinations;	/* by number, which starts with 1 */
	int			nstatements;
	int		   *queries;		/* number of each statement's query */
	FacilityStatement *statements;
}			Matrix;

/*
 * End the program with a message.
 */
static void
fail(const char *message, const char *what)
{
	fprintf(stderr, "%s: %s\n", message, what);
	exit(1);
}

/*
 * Read "set QUERIES := 1 2 3;".
 */
static void
read_queries(Matrix * matrix, char *text)
{
	for (char *word = strtok(text, " ;\n"); word; word = strtok(NULL, " ;\n"))
	{
		matrix->queries = realloc(matrix->queries,
								  (matrix->nstatements + 1) * sizeof(int));
		matrix->queries[matrix->nstatements++] = atoi(word);
	}
	matrix->statements = palloc0((matrix->nstatements + 1) *
								 sizeof(FacilityStatement));
}

/*
 * Read the members of a combination: "1 2 3;".
 */
static void
read_combination(Matrix * matrix, int number, char *text)
{
	Combination *combination;

	if (number < 0 || number > matrix->ncombinations)
		fail("combination out of range", text);
	combination = &matrix->combinations[number];
	for (char *word = strtok(text, " ;\n"); word; word = strtok(NULL, " ;\n"))
	{
		int			index = atoi(word);

		if (index < 1 || index > matrix->nindexes)
			fail("index out of range", word);
		combination->members = realloc(combination->members,
									   (combination->nmembers + 1) * sizeof(int));
		combination->members[combination->nmembers++] = index - 1;
	}
}

/*
 * Enter the cost of a query with a combination; 0 is none.  Queries that do
 * not take part are skipped.
 */
static void
enter_cost(Matrix * matrix, int query, int number, double cost)
{
	FacilityStatement *statement = NULL;
	FacilityOption *option;

	if (number < 0 || number > matrix->ncombinations)
		fail("cost of an unknown combination", "");
	for (int i = 0; i < matrix->nstatements; i++)
		if (matrix->queries[i] == query)
			statement = &matrix->statements[i];
	if (statement == NULL)
		return;
	statement->weight = 1;
	if (number == 0)
	{
		statement->base_cost = cost;
		return;
	}
	statement->options = realloc(statement->options,
								 (statement->noptions + 1) *
								 sizeof(FacilityOption));
	option = &statement->options[statement->noptions++];
	option->nmembers = matrix->combinations[number].nmembers;
	option->members = matrix->combinations[number].members;
	option->cost = cost;
}

/*
 * Read one line; "*section" is 's' within sizes, 'c' within costs.
 */
static void
read_line(Matrix * matrix, char *line, char *section)
{
	int			query;
	int			number;
	double		value;
	int			after = 0;

	if (strncmp(line, "set QUERIES := ", 15) == 0)
		read_queries(matrix, line + 15);
	else if (sscanf(line, "param NUMBER_OF_INDEXES := %d", &number) == 1)
	{
		matrix->nindexes = number;
		matrix->bytes = palloc0((number + 1) * sizeof(double));
	}
	else if (sscanf(line, "param NUMBER_OF_INDEX_COMBINATIONS := %d", &number) == 1)
	{
		matrix->ncombinations = number;
		matrix->combinations = palloc0((number + 1) * sizeof(Combination));
	}
	else if (sscanf(line, "set indexes_per_combination[%d]:=%n", &number, &after) == 1 && after > 0)
		read_combination(matrix, number, line + after);
	else if (strncmp(line, "param size", 10) == 0)
		*section = 's';
	else if (strncmp(line, "param costs", 11) == 0)
		*section = 'c';
	else if (line[0] == ';')
		*section = 0;
	else if (*section == 's' && sscanf(line, "%d %lf", &number, &value) == 2 &&
			 number >= 1 && number <= matrix->nindexes)
		matrix->bytes[number - 1] = value;
	else if (*section == 'c' && sscanf(line, "%d %d %lf", &query, &number, &value) == 3)
		enter_cost(matrix, query, number, value);
}

/*
 * Read a file.
 */
static Matrix *
read_matrix(const char *path)
{
	FILE	   *file = fopen(path, "r");
	Matrix	   *matrix = palloc0(sizeof(Matrix));
	char		line[8192];
	char		section = 0;

	if (file == NULL)
		fail("cannot open", path);
	while (fgets(line, sizeof(line), file))
		read_line(matrix, line, &section);
	fclose(file);
	if (matrix->nindexes == 0 || matrix->nstatements == 0)
		fail("no matrix in", path);
	return matrix;
}

/*
 * The set's total, added up from the matrix alone; infinite beyond the budget.
 */
static double
check_total(const FacilityProblem *problem, const bool *chosen)
{
	double		total = 0;
	double		bytes = 0;

	for (int i = 0; i < problem->nindexes; i++)
		bytes += chosen[i] ? problem->bytes[i] : 0;
	for (int s = 0; s < problem->nstatements; s++)
	{
		const FacilityStatement *statement = &problem->statements[s];
		double		cost = statement->base_cost;

		for (int o = 0; o < statement->noptions; o++)
		{
			const FacilityOption *option = &statement->options[o];
			bool		all = true;

			for (int i = 0; i < option->nmembers; i++)
				all = all && chosen[option->members[i]];
			if (all)
				cost = Min(cost, option->cost);
		}
		total += cost;
	}
	return bytes <= problem->budget ? total : INFINITY;
}

/*
 * CPU time of this process in milliseconds.
 */
static double
cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/*
 * Solve under one budget and print a row; "-" where no optimum is known.
 */
static void
print_row(const Matrix * matrix, const char *name, double budget,
		  double optimum)
{
	FacilityProblem problem = {matrix->nindexes, matrix->bytes,
		budget * MEGABYTE, INT_MAX, NULL, INT_MAX, matrix->nstatements,
	matrix->statements, NULL, NULL};
	FacilityAnswer *answer = NULL;
	double		fastest = INFINITY;
	double		base = 0;
	double		total;

	for (int run = 0; run < RUNS; run++)
	{
		double		start = cpu_ms();

		answer = facility_solve(&problem);
		fastest = Min(fastest, cpu_ms() - start);
	}
	for (int s = 0; s < matrix->nstatements; s++)
		base += matrix->statements[s].base_cost;
	total = check_total(&problem, answer->chosen);
	printf("| %s | %.0f | ", name, budget);
	if (optimum > 0)
		printf("%.3f | %.3f | %.3f %% | ", optimum, 100 * total / base,
			   100 * (100 * total / base / optimum - 1));
	else
		printf("- | %.3f | - | ", 100 * total / base);
	printf("%.3f | %.2f %% | %.0f |\n", 100 * answer->bound / base,
		   100 * (1 - answer->bound / total), fastest);
}

int
main(int argc, char **argv)
{
	Matrix	   *matrix;

	if (argc < 4)
		fail("usage", "matrices FILE NAME BUDGET:OPTIMUM ...");
	matrix = read_matrix(argv[1]);
	for (int i = 3; i < argc; i++)
	{
		double		budget;
		double		optimum = 0;

		if (sscanf(argv[i], "%lf:%lf", &budget, &optimum) < 1)
			fail("not a budget", argv[i]);
		print_row(matrix, argv[2], budget, optimum);
	}
	return 0;
}
