/*-------------------------------------------------------------------------
 *
 * setting_check.c
 *		What the server itself says of the value of a setting: whether it would
 *		accept it, how it is written in ALTER SYSTEM, and which number it is.
 *
 * The server's own parser and check hooks judge, so that a value is refused here
 * for the same reasons as it would be at the next start.  Nothing is changed.
 * Entry points: the SQL functions setting_check(), setting_persisted() and
 * control_settings().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/lwlock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_setting_check);
PG_FUNCTION_INFO_V1(dbadvisor_setting_persisted);
PG_FUNCTION_INFO_V1(dbadvisor_control_settings);

/* Columns of the results. */
#define CHECK_COLUMNS 3
#define PERSISTED_COLUMNS 2
#define CONTROL_COLUMNS 2

/* One value to check. */
typedef struct ValueTask
{
	const char *name;
	const char *value;
	const char *problem;		/* why it is refused; NULL when it is not */
	char	   *literal;		/* as ALTER SYSTEM takes it */
} ValueTask;

/*
 * Write a list as ALTER SYSTEM takes it: each element a literal of its own.  One
 * literal for all would be stored as one quoted name.
 */
static void
write_list(ValueTask *task)
{
	char	   *elements = pstrdup(task->value);
	List	   *names;
	ListCell   *cell;
	StringInfoData text;

	if (!SplitGUCList(elements, ',', &names))
		task->problem = "it is not a list";
	else if (names == NIL)
		/* It is stored as one empty name, and the server would not start. */
		task->problem = "an empty list cannot be written by ALTER SYSTEM";
	if (task->problem != NULL)
		return;
	initStringInfo(&text);
	foreach(cell, names)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
						 quote_literal_cstr(lfirst(cell)));
	task->literal = text.data;
}

/*
 * Ask the server, in the sandbox: an error is its answer.
 */
static void
check_value(void *arg)
{
	ValueTask  *task = arg;
	int			flags = GetConfigOptionFlags(task->name, false);

	(void) set_config_option(task->name, task->value, PGC_POSTMASTER,
							 PGC_S_FILE, GUC_ACTION_SET, false, ERROR, false);
	if (flags & (GUC_DISALLOW_IN_FILE | GUC_DISALLOW_IN_AUTO_FILE))
		task->problem = "it cannot be changed by ALTER SYSTEM";
	else if (strchr(task->value, '\n') != NULL)
		task->problem = "ALTER SYSTEM takes no value with a line break";
	else if (flags & GUC_LIST_QUOTE)
		write_list(task);
	else
		task->literal = quote_literal_cstr(task->value);
}

/*
 * Return a row of the type that the function was called for.
 */
static Datum
make_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
											 values, nulls));
}

/*
 * setting_check(name text, value text): why the value is refused; how it is
 * written; its number in the unit of the setting.
 */
Datum
dbadvisor_setting_check(PG_FUNCTION_ARGS)
{
	ValueTask	task = {
		.name = text_to_cstring(PG_GETARG_TEXT_PP(0)),
		.value = text_to_cstring(PG_GETARG_TEXT_PP(1)),
	};
	ErrorData  *error = sandbox_run(GetUserId(), NULL, check_value, &task);
	Datum		values[CHECK_COLUMNS] = {0};
	bool		nulls[CHECK_COLUMNS] = {true, true, true};
	double		number;

	if (error != NULL)
		task.problem = error->message;
	if (task.problem != NULL)
		values[0] = CStringGetTextDatum(task.problem);
	else
		values[1] = CStringGetTextDatum(task.literal);
	nulls[task.problem != NULL ? 0 : 1] = false;
	if (parse_real(task.value, &number,
				   GetConfigOptionFlags(task.name, true), NULL))
	{
		values[2] = Float8GetDatum(number);
		nulls[2] = false;
	}
	PG_RETURN_DATUM(make_row(fcinfo, values, nulls));
}

/*
 * The value that postgresql.auto.conf has for a setting; NULL for none.  The
 * last one counts, as for the server.
 */
static char *
persisted_value(const char *name)
{
	ConfigVariable *head = NULL;
	ConfigVariable *tail = NULL;
	char	   *value = NULL;
	FILE	   *file = AllocateFile(PG_AUTOCONF_FILENAME, "r");

	if (file == NULL)
		return NULL;
	(void) ParseConfigFp(file, PG_AUTOCONF_FILENAME, 0, DEBUG1, &head, &tail);
	FreeFile(file);
	for (ConfigVariable * item = head; item != NULL; item = item->next)
		if (item->name != NULL && pg_strcasecmp(item->name, name) == 0)
			value = pstrdup(item->value);
	FreeConfigVariables(head);
	return value;
}

/*
 * setting_persisted(name text): whether the caller may know, and the value that
 * ALTER SYSTEM has left.
 */
Datum
dbadvisor_setting_persisted(PG_FUNCTION_ARGS)
{
	Datum		values[PERSISTED_COLUMNS] = {0};
	bool		nulls[PERSISTED_COLUMNS] = {false, true};
	bool		may_know = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_SETTINGS);
	char	   *value = NULL;

	if (may_know)
		value = persisted_value(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	values[0] = BoolGetDatum(may_know);
	if (value != NULL)
	{
		values[1] = CStringGetTextDatum(value);
		nulls[1] = false;
	}
	PG_RETURN_DATUM(make_row(fcinfo, values, nulls));
}

/*
 * Append a row: a setting, and the number that the control file has for it.
 */
static void
put_control_row(ReturnSetInfo *result, const char *name, int number)
{
	Datum		values[CONTROL_COLUMNS] = {
		CStringGetTextDatum(name), Int32GetDatum(number)
	};
	bool		nulls[CONTROL_COLUMNS] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * control_settings(): what the control file has of settings that a standby must
 * not have lower; on a standby these are the primary's, as replayed.  No row when
 * the file was being written.
 */
Datum
dbadvisor_control_settings(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ControlFileData *control;
	bool		crc_ok;

	InitMaterializedSRF(fcinfo, 0);
	LWLockAcquire(ControlFileLock, LW_SHARED);
	control = get_controlfile(DataDir, &crc_ok);
	LWLockRelease(ControlFileLock);
	if (crc_ok)
	{
		put_control_row(result, "max_connections", control->MaxConnections);
		put_control_row(result, "max_locks_per_transaction", control->max_locks_per_xact);
		put_control_row(result, "max_prepared_transactions", control->max_prepared_xacts);
		put_control_row(result, "max_wal_senders", control->max_wal_senders);
		put_control_row(result, "max_worker_processes", control->max_worker_processes);
	}
	pfree(control);
	return (Datum) 0;
}
