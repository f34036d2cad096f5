/*-------------------------------------------------------------------------
 *
 * relation.c
 *		What the catalog says of a relation that may be gone by now.
 *
 * The sandbox gives all locks back, so a table that a statement was planned
 * with may be dropped or changed before we speak of it.  The server's own
 * look-ups fail then with an internal error, or return NULL where nobody
 * expects it; these give an answer that does no harm.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "whatif/whatif.h"

/*
 * Raise the error for a relation or column that is gone.
 */
static void
gone_error(Oid relid)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("relation with OID %u, or a column of it, is gone",
					relid)));
}

/*
 * Owner of a relation; InvalidOid when it is gone.
 */
Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Are changes of the relation logged?
 */
bool
relation_is_logged(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		logged = false;

	if (HeapTupleIsValid(tuple))
	{
		logged = ((Form_pg_class) GETSTRUCT(tuple))->relpersistence ==
			RELPERSISTENCE_PERMANENT;
		ReleaseSysCache(tuple);
	}
	return logged;
}

/*
 * Name of a relation, qualified and quoted; raises an error when it is gone.
 */
char *
relation_text(Oid relid)
{
	char	   *name = get_rel_name(relid);
	char	   *schema = get_namespace_name(get_rel_namespace(relid));

	if (name == NULL || schema == NULL)
		gone_error(relid);
	return quote_qualified_identifier(schema, name);
}

/*
 * Type of a column; false when the column is gone.
 */
bool
relation_column_type(Oid relid, AttrNumber attnum, ColumnType * type)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum));
	Form_pg_attribute form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_attribute) GETSTRUCT(tuple);
	type->oid = form->atttypid;
	type->typmod = form->atttypmod;
	type->collation = form->attcollation;
	ReleaseSysCache(tuple);
	return OidIsValid(type->oid);
}

/*
 * Name of a column, quoted; raises an error when it is gone.
 */
char *
relation_column_text(Oid relid, AttrNumber attnum)
{
	ColumnType	type;

	/* a dropped column still has a name, of a kind */
	if (!relation_column_type(relid, attnum, &type))
		gone_error(relid);
	return pstrdup(quote_identifier(get_attname(relid, attnum, false)));
}

/*
 * Bytes of an average value of a column, from its statistics or else its type;
 * 0 when the column is gone.
 */
double
relation_column_width(Oid relid, AttrNumber attnum)
{
	int32		width = get_attavgwidth(relid, attnum);
	ColumnType	type;

	if (width > 0)
		return width;
	return relation_column_type(relid, attnum, &type) ?
		get_typavgwidth(type.oid, type.typmod) : 0;
}
