/*-------------------------------------------------------------------------
 *
 * write_rates.c
 *		How much is written to each table per second, by history.
 *
 * Read once for a search.  History counts where it has a day: what is written
 * in an hour says little of the night.
 * Entry points: write_rates_read(), write_rates_of().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "index/write_cost.h"

/* Tables to begin with; more are no problem. */
#define FIRST_TABLES 256

/* Columns of rates_query. */
enum
{
	RATE_RELID = 1, RATE_INSERTS, RATE_UPDATES, RATE_HOT_UPDATES, RATE_DELETES,
	RATE_SECONDS
};

/* The join keeps the window where nothing was written. */
static const char rates_query[] =
"SELECT r.relid, r.inserts_per_day, r.updates_per_day, r.hot_updates_per_day,"
"       r.deletes_per_day, w.seconds"
"  FROM dbadvisor.history_window(statements => false) w"
"  LEFT JOIN dbadvisor.relation_rates() r ON true"
" WHERE w.seconds >= 86400";

/*
 * A number of a row; 0 where it is null.
 */
static double
row_number(HeapTuple row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, SPI_tuptable->tupdesc, column,
									  &isnull);

	return isnull ? 0 : DatumGetFloat8(value);
}

/*
 * Keep the rates of one table.
 */
static void
rate_keep(WriteModel *model, HeapTuple row)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, SPI_tuptable->tupdesc, RATE_RELID,
									  &isnull);
	Oid			relid = DatumGetObjectId(value);
	WriteRate  *rate;

	if (isnull)
		return;
	rate = (WriteRate *) hash_search(model->rates, &relid, HASH_ENTER, NULL);
	rate->inserts = row_number(row, RATE_INSERTS) / SECS_PER_DAY;
	rate->updates = row_number(row, RATE_UPDATES) / SECS_PER_DAY;
	rate->hot_updates = row_number(row, RATE_HOT_UPDATES) / SECS_PER_DAY;
	rate->deletes = row_number(row, RATE_DELETES) / SECS_PER_DAY;
}

/*
 * SandboxFn: read the rates of all tables.
 */
static void
rates_run(void *arg)
{
	WriteModel *model = (WriteModel *) arg;
	HASHCTL		control = {.keysize = sizeof(Oid),.entrysize = sizeof(WriteRate),
	.hcxt = model->context};

	SPI_connect();
	if (SPI_execute(rates_query, true, 0) == SPI_OK_SELECT && SPI_processed > 0)
	{
		model->rates = hash_create("dbadvisor write rates", FIRST_TABLES,
								   &control,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		model->history_seconds = row_number(SPI_tuptable->vals[0], RATE_SECONDS);
		for (uint64 i = 0; i < SPI_processed; i++)
			rate_keep(model, SPI_tuptable->vals[i]);
	}
	SPI_finish();
}

/*
 * Read the rates, where history has a day and the caller may read it.
 */
void
write_rates_read(WriteModel *model)
{
	ErrorData  *error = sandbox_run(GetUserId(), "pg_catalog, pg_temp",
									rates_run, model);

	if (error == NULL)
		return;
	FreeErrorData(error);
	model->rates = NULL;
	model->history_seconds = 0;
}

/*
 * Sum of the rates of some tables; those that are not known were not written.
 */
WriteRate
write_rates_of(const WriteModel *model, const List *relids)
{
	WriteRate	sum = {InvalidOid};
	ListCell   *lc;

	foreach(lc, relids)
	{
		WriteRate  *rate = (WriteRate *) hash_search(model->rates,
													 &lfirst_oid(lc), HASH_FIND,
													 NULL);

		if (rate == NULL)
			continue;
		sum.inserts += rate->inserts;
		sum.updates += rate->updates;
		sum.hot_updates += rate->hot_updates;
		sum.deletes += rate->deletes;
	}
	return sum;
}
