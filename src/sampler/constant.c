/*-------------------------------------------------------------------------
 *
 * constant.c
 *		The constants of a statement, numbered as pg_stat_statements numbers
 *		the parameters that it puts in their place.
 *
 * When a statement is parsed only the places of its constants are kept, which
 * is a copy of a few numbers; the text is read again when an execution is
 * sampled.  What is executed at once needs one memory; what may be executed
 * again, and has parameters of the protocol, is remembered by queryid.
 * Entry points: constants_parsed(), constants_read().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type_d.h"
#include "common/hashfn.h"
#include "common/keywords.h"
#include "lib/stringinfo.h"
#include "parser/scanner.h"
#include "utils/memutils.h"

#include "sampler_internal.h"
#include "token_code.h"

/* Prepared statements of a session whose places are remembered. */
#define REMEMBERED 256

/* Statements are told apart by so much of their text, and its length. */
#define HASHED_BYTES 1024

/* Longest text, from the first constant on, that is read for a sample. */
#define MAX_READ_BYTES 65536

/* A text that is being read. */
typedef struct Reader
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	int			base;			/* offset of what the scanner reads */
	int			start;			/* of the current token, in the whole text */
	int			code;			/* of the current token; 0 at the end */
} Reader;

/* The statement that was parsed last, and when its message came. */
static ConstantPlaces parsed;
static TimestampTz parsed_at;

static ConstantPlaces *remembered[REMEMBERED];

/*
 * A hash by which texts with the same queryid are told apart.
 */
static uint32
text_hash(const char *text)
{
	size_t		length = strlen(text);

	return hash_combine(hash_bytes((const unsigned char *) text,
								   (int) Min(length, HASHED_BYTES)),
						(uint32) length);
}

/*
 * Copy the places of constants.
 */
static void
places_copy(ConstantPlaces *places, const JumbleState *jumble)
{
	places->nbound = jumble->highest_extern_param_id;
	places->count = 0;
	for (int i = 0; i < jumble->clocations_count; i++)
	{
		const LocationLen *from = &jumble->clocations[i];
		ConstantPlace *to = &places->places[places->count];

		if (jumble_place_is_parameter(from) && !jumble_renumbers(jumble))
			continue;
		if (places->count == SAMPLER_MAX_PARAMS)
		{
			places->count = -1;
			return;
		}
		to->location = from->location;
		to->length = from->length;
		to->squashed = jumble_place_is_squashed(from);
		to->parameter = jumble_place_is_parameter(from);
		places->count++;
	}
}

/*
 * Keep the places of the statement parsed last, in the place of another one.
 */
static void
places_remember(void)
{
	ConstantPlaces **slot = &remembered[(uint64) parsed.queryid % REMEMBERED];
	Size		size = offsetof(ConstantPlaces, places) +
	Max(parsed.count, 0) * sizeof(ConstantPlace);

	if (*slot != NULL)
		pfree(*slot);
	*slot = NULL;
	*slot = MemoryContextAlloc(TopMemoryContext, size);
	memcpy(*slot, &parsed, size);
}

/*
 * Note where the constants of a statement are that was parsed.
 */
void
constants_parsed(const ParseState *pstate, const Query *query,
				 const JumbleState *jumble)
{
	parsed.queryid = (int64) query->queryId;
	parsed_at = GetCurrentStatementStartTimestamp();
	places_copy(&parsed, jumble);
	/* Parameters of the protocol, or of PREPARE. */
	if (pstate->p_paramref_hook != NULL)
	{
		parsed.text_hash = text_hash(pstate->p_sourcetext);
		places_remember();
	}
}

/*
 * The places of the constants of a statement that is executed; NULL where
 * nobody has noted them.
 */
static const ConstantPlaces *
places_find(const QueryDesc *desc)
{
	int64		queryid = (int64) desc->plannedstmt->queryId;
	const ConstantPlaces *found = remembered[(uint64) queryid % REMEMBERED];

	if (parsed.queryid == queryid &&
		parsed_at == GetCurrentStatementStartTimestamp())
		return &parsed;
	if (found != NULL && found->queryid == queryid &&
		found->text_hash == text_hash(desc->sourceText))
		return found;
	return NULL;
}

/*
 * Order of places in the text.
 */
static int
compare_places(const void *a, const void *b)
{
	int			left = ((const ConstantPlace *) a)->location;
	int			right = ((const ConstantPlace *) b)->location;

	return (left > right) - (left < right);
}

/*
 * Go to the next token.
 */
static void
reader_next(Reader *reader)
{
	YYLTYPE		start = 0;

	reader->code = core_yylex(&reader->value, &start, reader->scanner);
	reader->start = reader->base + start;
}

/*
 * Set a value that has a text.
 */
static void
value_set(SampledValue *value, Oid type, const char *text)
{
	value->state = SAMPLED_VALUE;
	value->type = type;
	value->text = text;
}

/*
 * Take the number of the current token.
 */
static void
number_take(const Reader *reader, const char *sign, SampledValue *value)
{
	if (reader->code == CODE_ICONST)
		value_set(value, INT4OID, psprintf("%s%d", sign, reader->value.ival));
	else if (reader->code == CODE_FCONST)
		value_set(value, NUMERICOID, psprintf("%s%s", sign, reader->value.str));
}

/*
 * Take a constant that is written as a word: also the field of extract().
 */
static void
word_take(const char *word, SampledValue *value)
{
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		value_set(value, BOOLOID, pstrdup(word));
	else if (strcmp(word, "null") == 0 || strcmp(word, "all") == 0)
		value->state = SAMPLED_NULL;
	else
		value_set(value, UNKNOWNOID, pstrdup(word));
}

/*
 * Take the constant that the current token begins.
 */
static void
constant_take(Reader *reader, SampledValue *value)
{
	switch (reader->code)
	{
		case 0:
		case CODE_USCONST:
		case CODE_PARAM:
			break;
		case '-':
			reader_next(reader);
			number_take(reader, "-", value);
			break;
		case CODE_ICONST:
		case CODE_FCONST:
			number_take(reader, "", value);
			break;
		case CODE_SCONST:
		case CODE_IDENT:
			value_set(value, UNKNOWNOID, pstrdup(reader->value.str));
			break;
		case CODE_BCONST:
		case CODE_XCONST:
			value_set(value, BITOID, pstrdup(reader->value.str));
			break;
		default:
			if (reader->code > CODE_NOT_EQUALS)
				word_take(reader->value.keyword, value);
	}
}

/*
 * Append an element of an array.
 */
static void
element_append(StringInfo array, const SampledValue *element)
{
	if (array->len > 1)
		appendStringInfoChar(array, ',');
	if (element->state != SAMPLED_VALUE)
	{
		appendStringInfoString(array, "NULL");
		return;
	}
	appendStringInfoChar(array, '"');
	for (const char *from = element->text; *from != '\0'; from++)
	{
		if (*from == '"' || *from == '\\')
			appendStringInfoChar(array, '\\');
		appendStringInfoChar(array, *from);
	}
	appendStringInfoChar(array, '"');
}

/*
 * Take a list of constants, which is one parameter: as an array.  Where one of
 * them is a parameter, the value of the list is not known.
 */
static void
list_take(Reader *reader, const ConstantPlace *place, SampledValue *value)
{
	StringInfoData array;
	SampledValue element = {.state = SAMPLED_ABSENT};
	bool		taken = false;

	initStringInfo(&array);
	appendStringInfoChar(&array, '{');
	for (; reader->code != 0 && reader->start < place->location + place->length;
		 reader_next(reader))
	{
		if (reader->code == CODE_PARAM)
			return;
		if (reader->code == ',')
			taken = false;
		else if (!taken)
		{
			element.state = SAMPLED_ABSENT;
			constant_take(reader, &element);
			taken = element.state != SAMPLED_ABSENT;
			if (taken)
				element_append(&array, &element);
		}
	}
	appendStringInfoChar(&array, '}');
	value_set(value, UNKNOWNOID, array.data);
}

/*
 * Take what is at a place.
 */
static void
place_take(Reader *reader, const ConstantPlace *place, const QueryDesc *desc,
		   SampledValue *value)
{
	while (reader->code != 0 && reader->start < place->location)
		reader_next(reader);
	value->state = SAMPLED_ABSENT;
	value->type = UNKNOWNOID;
	value->constant = true;
	if (place->squashed)
		list_take(reader, place, value);
	else if (!place->parameter)
		constant_take(reader, value);
	else if (reader->code == CODE_PARAM)
		value_bind(value, desc, reader->value.ival);
}

/*
 * Read the values at sorted places out of the text that begins at the first
 * one.
 */
static void
values_read(const QueryDesc *desc, const ConstantPlaces *places, int length,
			SampleDraft *draft)
{
	Reader		reader = {.base = places->places[0].location};
	char	   *text = pnstrdup(desc->sourceText + reader.base, length);
	int			number = places->nbound;
	int			last = -1;

	reader.scanner = scanner_init(text, &reader.extra, &ScanKeywords,
								  ScanKeywordTokens);
	reader.extra.escape_string_warning = false;
	reader_next(&reader);
	for (int i = 0; i < places->count; i++)
	{
		const ConstantPlace *place = &places->places[i];
		bool		duplicate = place->location == last;

		last = place->location;
		if (duplicate && !jumble_numbers_duplicates())
			continue;
		number++;
		if (duplicate || number > SAMPLER_MAX_PARAMS)
			continue;
		place_take(&reader, place, desc, &draft->values[number - 1]);
		draft->nparams = number;
	}
	scanner_finish(reader.scanner);
}

/*
 * Bytes of the statement's text from an offset on; -1 for an offset that is not
 * in it.
 */
static int
length_from(const QueryDesc *desc, int offset)
{
	size_t		length = strlen(desc->sourceText);
	int			begin = Max(desc->plannedstmt->stmt_location, 0);

	if (desc->plannedstmt->stmt_len > 0)
		length = Min(length, (size_t) (begin + desc->plannedstmt->stmt_len));
	if (offset < begin || (size_t) offset >= length)
		return -1;
	return (int) Min(length - offset, INT_MAX);
}

/*
 * Add the constants of the statement to the draft, behind the parameters that
 * it numbers itself.  Returns false where that cannot be done, and why.
 */
bool
constants_read(const QueryDesc *desc, SampleDraft *draft, SamplerLoss *loss)
{
	const ConstantPlaces *found = places_find(desc);
	ConstantPlaces places;
	int			length;

	*loss = LOSS_UNKNOWN;
	if (found == NULL)
		return false;
	*loss = LOSS_PARAMETERS;
	if (found->count < 0 || found->nbound + found->count > SAMPLER_MAX_PARAMS)
		return false;
	/* A client may bind more than the text asks for. */
	draft->nparams = Min(draft->nparams, found->nbound);
	if (found->count == 0)
		return true;
	memcpy(&places, found, offsetof(ConstantPlaces, places) +
		   found->count * sizeof(ConstantPlace));
	qsort(places.places, places.count, sizeof(ConstantPlace), compare_places);
	length = length_from(desc, places.places[0].location);
	*loss = LOSS_LENGTH;
	if (length < 0 || length > MAX_READ_BYTES)
		return false;
	values_read(desc, &places, length, draft);
	return true;
}
