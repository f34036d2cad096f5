/*-------------------------------------------------------------------------
 *
 * set.c
 *		Parameter values of one execution as bytes of bounded length, and back.
 *
 * A value is a text, as its type writes it, so that it can be read in whatever
 * type the planner wants there.  A value that is too long, or whose type has no
 * text, is left out: nothing is computed of a long one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "sampler_internal.h"

/* Longest search path that is kept. */
#define MAX_PATH_BYTES 128

/* What stands before the bytes of each value. */
typedef struct ValueHead
{
	Oid			type;
	uint16		length;
	uint8		state;
	uint8		constant;
} ValueHead;

/*
 * The function that writes values of a type; InvalidOid where there is none,
 * or no value can be that long.
 */
static Oid
output_function(Oid type, Datum datum)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid			result = InvalidOid;
	Form_pg_type form;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (form->typisdefined && form->typtype != TYPTYPE_PSEUDO &&
		form->typlen != -2 &&
		(form->typlen != -1 ||
		 (!VARATT_IS_EXTERNAL(DatumGetPointer(datum)) &&
		  !VARATT_IS_COMPRESSED(DatumGetPointer(datum)) &&
		  VARSIZE_ANY_EXHDR(DatumGetPointer(datum)) <= (Size) sampler_max_set_bytes)))
		result = form->typoutput;
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Set the value of the bound parameter with this number.
 */
void
value_bind(SampledValue *value, const QueryDesc *desc, int number)
{
	const ParamExternData *data;
	Oid			function;

	value->state = SAMPLED_ABSENT;
	value->type = InvalidOid;
	value->constant = false;
	if (desc->params == NULL || desc->params->paramFetch != NULL ||
		number < 1 || number > desc->params->numParams)
		return;
	data = &desc->params->params[number - 1];
	value->type = data->ptype;
	if (data->isnull)
		value->state = SAMPLED_NULL;
	if (data->isnull || !OidIsValid(data->ptype))
		return;
	function = output_function(data->ptype, data->value);
	if (!OidIsValid(function))
		return;
	value->text = OidOutputFunctionCall(function, data->value);
	value->state = SAMPLED_VALUE;
}

/*
 * Start a draft with the bound parameters of the execution.
 */
void
draft_bind(SampleDraft *draft, const QueryDesc *desc)
{
	int			count = desc->params == NULL ? 0 : desc->params->numParams;

	draft->nparams = Min(count, SAMPLER_MAX_PARAMS);
	for (int i = 0; i < draft->nparams; i++)
		value_bind(&draft->values[i], desc, i + 1);
}

/*
 * What tells statements with the same queryid apart.
 */
uint32
draft_signature(const SampleDraft *draft)
{
	uint32		result = draft->nparams;

	for (int i = 0; i < draft->nparams; i++)
		result = hash_combine(result, murmurhash32(draft->values[i].type));
	return result;
}

/*
 * A hash of a value; 0 where it is not known.
 */
uint32
value_hash(const SampledValue *value)
{
	if (value->state == SAMPLED_ABSENT)
		return 0;
	if (value->state == SAMPLED_NULL)
		return 1;
	return Max(hash_bytes((const unsigned char *) value->text,
						  (int) strlen(value->text)), 2);
}

/*
 * Append bytes, for which there must be room.
 */
static void
set_append(SamplerSet *set, const void *bytes, Size length)
{
	memcpy(set->data + set->length, bytes, length);
	set->length += length;
}

/*
 * Append a value, without its text where there is no room for that.
 */
static void
set_append_value(SamplerSet *set, const SampledValue *value, int room)
{
	ValueHead	head = {value->type, 0, value->state, value->constant};
	Size		length = value->state == SAMPLED_VALUE ? strlen(value->text) : 0;

	if (length > (Size) sampler_max_value_bytes ||
		length > (Size) Max(room, 0))
	{
		head.state = SAMPLED_ABSENT;
		length = 0;
	}
	head.length = length;
	set_append(set, &head, sizeof(head));
	if (length > 0)
		set_append(set, value->text, length);
}

/*
 * Pack a draft under the search path in force; NULL where there are too many
 * parameters for the bytes of a set.
 */
SamplerSet *
set_pack(const SampleDraft *draft)
{
	int			size = sampler_shared->set_size;
	SamplerSet *set = palloc0(size);
	int			room = size - offsetof(SamplerSet, data) -
	draft->nparams * sizeof(ValueHead);
	Size		path = strlen(namespace_search_path);

	if (room < 0)
		return NULL;
	if (path > MAX_PATH_BYTES || path > (Size) room)
		path = 0;
	set_append(set, namespace_search_path, path);
	set->path_length = path;
	room -= path;
	for (int i = 0; i < draft->nparams; i++)
	{
		int			before = set->length;

		set_append_value(set, &draft->values[i], room);
		room -= set->length - before - (int) sizeof(ValueHead);
	}
	return set;
}

/*
 * Unpack one value; returns the offset behind it.
 */
static int
value_unpack(const SamplerSet *set, int offset, SampledValue *value)
{
	ValueHead	head;

	memcpy(&head, set->data + offset, sizeof(head));
	value->type = head.type;
	value->state = head.state;
	value->constant = head.constant;
	value->text = NULL;
	offset += sizeof(head);
	if (value->state == SAMPLED_VALUE)
		value->text = pnstrdup(set->data + offset, head.length);
	return offset + head.length;
}

/*
 * Unpack a set; palloc'd in the current context.
 */
void
set_unpack(const SamplerSet *set, int nparams, SampledSet *result)
{
	int			offset = set->path_length;

	result->ms = set->ms;
	result->rows = set->rows;
	result->at = set->at;
	result->search_path = pnstrdup(set->data, set->path_length);
	result->values = palloc0((nparams + 1) * sizeof(SampledValue));
	for (int i = 0; i < nparams; i++)
		offset = value_unpack(set, offset, &result->values[i]);
}

/*
 * Do the lengths in a set fit together, for so many parameters?
 */
bool
set_is_sane(const SamplerSet *set, int nparams)
{
	int			room = sampler_shared->set_size - (int) offsetof(SamplerSet, data);
	int			offset = set->path_length;

	if (set->length > room)
		return false;
	for (int i = 0; i < nparams; i++)
	{
		ValueHead	head;

		if (offset + (int) sizeof(head) > set->length)
			return false;
		memcpy(&head, set->data + offset, sizeof(head));
		if (head.state > SAMPLED_VALUE)
			return false;
		offset += sizeof(head) + head.length;
	}
	return offset == set->length;
}
