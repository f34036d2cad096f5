/*-------------------------------------------------------------------------
 *
 * sampler_internal.h
 *		The shared memory of the sampler, and what the files of this folder
 *		offer each other.
 *
 * The parts, in the order in which a sample passes through them:
 *
 *	hook.c			which executions are sampled, their time and rows
 *	constant.c		where a statement has its constants, and their values
 *	set.c			parameter values as bytes, and back
 *	shared.c		the entries in shared memory, and who has to go
 *	estimate.c		estimated against actual rows of instrumented executions
 *	plan.c			which plans a statement had
 *	file.c			entries over a clean restart
 *	show.c			SQL functions
 *
 * Shared memory has, for each kind of entry, an array of buckets of SAMPLER_WAYS
 * entries each, all made at start; an entry lives in the bucket that its key
 * hashes to.  So a place is found, or made, by looking at one bucket, and memory
 * cannot grow.
 *
 * Locks: bucket number plus kind modulo SAMPLER_LOCKS says which lock covers a
 * bucket with all that is in it; held for a copy of a few hundred bytes.  Who records does
 * not wait for it: the sample is then lost, and counted as such; executions of a
 * plan are added later.  The counters of SamplerShared are atomic.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_SAMPLER_INTERNAL_H
#define DBADVISOR_SAMPLER_INTERNAL_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "executor/execdesc.h"
#include "parser/parse_node.h"
#include "port/atomics.h"
#include "storage/lwlock.h"

#include "compat.h"
#include "sampler/sampler.h"

/* Executions that are kept of a statement. */
#define SAMPLER_SETS 8

/* Statements in a bucket. */
#define SAMPLER_WAYS 8

#define SAMPLER_LOCKS 16

/* A statement with more parameters is not sampled: no set has room for them. */
#define SAMPLER_MAX_PARAMS 64

/* Of so many parameters it is known how often they had the same value. */
#define SAMPLER_VOTES 16

/* What entries are about; each kind has buckets of its own. */
typedef enum SamplerKind
{
	KIND_SAMPLES,				/* SamplerEntry */
	KIND_ESTIMATES,				/* EstimateEntry */
	KIND_PLANS,					/* PlanEntry */
	SAMPLER_KINDS
} SamplerKind;

/* What an entry is about. */
typedef struct SamplerKey
{
	int64		queryid;		/* 0: the entry is free */
	Oid			userid;
	Oid			dboid;
	uint64		variant;		/* samples: a hash of number and types of the
								 * parameters, since the same queryid may
								 * stand for two statements; estimates: of
								 * table and clause; plans: of the plan */
} SamplerKey;

/* How entries of all kinds begin. */
typedef struct SamplerHead
{
	SamplerKey	key;
	bool		referenced;		/* since the bucket's hand has passed */
} SamplerHead;

/*
 * The most frequent value of a parameter, by the vote of Boyer and Moore: where
 * one has the majority it stays.
 */
typedef struct SamplerVote
{
	uint32		hash;			/* of the candidate */
	uint32		lead;			/* of the candidate before all others */
	uint32		matches;		/* executions that had it */
} SamplerVote;

/* One execution: the head, then search path and values as bytes. */
typedef struct SamplerSet
{
	double		ms;
	double		rows;
	TimestampTz at;
	uint16		path_length;
	uint16		length;			/* of all bytes that follow */
	char		data[FLEXIBLE_ARRAY_MEMBER];
} SamplerSet;

typedef struct SamplerEntry
{
	SamplerHead head;
	uint8		nsets;
	uint16		nparams;
	uint32		seen;			/* executions with values, halved now and then */
	SamplerVote votes[SAMPLER_VOTES];
	/* SAMPLER_SETS of SamplerSet follow, sampler_set_size() bytes each */
} SamplerEntry;

/* Longest texts of clauses and plans that are kept, with the final zero. */
#define CLAUSE_LENGTH 200
#define SHAPE_LENGTH 240

/* What a node of a plan was seen to do. */
typedef enum EstimateSort
{
	ESTIMATE_SCAN,				/* reads a table under a clause */
	ESTIMATE_SORT, ESTIMATE_HASH, ESTIMATE_AGGREGATE	/* may spill to disk */
} EstimateSort;

/*
 * Estimated against actual rows of one clause of a statement on one table, or
 * of its sorts or hashes.  Sums over executions, of rows per turn of the node.
 */
typedef struct EstimateEntry
{
	SamplerHead head;
	EstimateSort sort;
	Oid			relid;			/* of scans */
	int64		executions;
	double		estimated;
	double		actual;
	double		removed;		/* rows that the filter removed */
	double		error;			/* logarithm of the larger of the two through
								 * the smaller */
	int64		spills;			/* executions that wrote to disk */
	double		spilled_kb;		/* most of one execution */
	TimestampTz at;				/* of the last execution */
	char		clause[CLAUSE_LENGTH];	/* with ? for constants */
} EstimateEntry;

/* One plan of a statement. */
typedef struct PlanEntry
{
	SamplerHead head;
	int64		executions;		/* sampled */
	double		total_ms;
	double		slowest_ms;
	double		total_rows;		/* returned or changed */
	double		total_cost;		/* as the planner estimated */
	TimestampTz since;
	TimestampTz at;				/* of the last execution */
	char		shape[SHAPE_LENGTH];
} PlanEntry;

/* Why an execution that was drawn left no sample. */
typedef enum SamplerLoss
{
	LOSS_BUSY,					/* somebody else had the lock */
	LOSS_PARAMETERS,			/* too many */
	LOSS_LENGTH,				/* of the text around its constants */
	LOSS_UNKNOWN,				/* nobody knows where its constants are */
	LOSS_KINDS
} SamplerLoss;

/* Where the entries of one kind are. */
typedef struct SamplerArea
{
	int			nbuckets;
	int			entry_size;		/* bytes of an entry, with its sets */
	Size		hands;			/* offset of a byte per bucket, at which its
								 * search for a victim goes on */
	Size		entries;		/* offset of the first entry */
} SamplerArea;

typedef struct SamplerShared
{
	Size		size;			/* of all */
	int			set_size;		/* bytes of a set, with its head */
	SamplerArea areas[SAMPLER_KINDS];
	pg_atomic_uint32 resets;	/* how often all was forgotten */
	pg_atomic_uint64 recorded;
	pg_atomic_uint64 evicted;	/* entries of samples that made room */
	pg_atomic_uint64 lost[LOSS_KINDS];
	/* hands and entries follow */
} SamplerShared;

/* Parameters of one execution, before they are packed. */
typedef struct SampleDraft
{
	int			nparams;
	SampledValue values[SAMPLER_MAX_PARAMS];
} SampleDraft;

/* Place of a constant in a text. */
typedef struct ConstantPlace
{
	int			location;
	int			length;			/* of a squashed list; else not known */
	bool		squashed;		/* a list of constants, one parameter */
	bool		parameter;		/* not a constant, but numbered among them */
} ConstantPlace;

/* Places of all constants of a statement, in no order. */
typedef struct ConstantPlaces
{
	int64		queryid;		/* 0: none */
	uint32		text_hash;
	int			nbound;			/* parameters that the text itself numbers */
	int			count;			/* -1: too many to be kept */
	ConstantPlace places[SAMPLER_MAX_PARAMS];
} ConstantPlaces;

/* settings.c */
extern bool sampler_enabled;
extern double sampler_rate;
extern int	sampler_size;
extern int	sampler_max_set_bytes;
extern int	sampler_max_value_bytes;
extern double sampler_estimate_rate;
extern void sampler_settings_init(void);

/* shared.c: NULL where the library is not preloaded, or has no memory */
extern SamplerShared *sampler_shared;
extern void sampler_shared_init(void);
extern LWLock *sampler_lock(SamplerKind kind, int bucket);
extern SamplerHead *sampler_entry(SamplerKind kind, int bucket, int way);
extern SamplerHead *sampler_entry_get(SamplerKind kind, const SamplerKey *key,
									  LWLock **lock, bool *made);
extern char *sampler_copy(SamplerKind kind, int64 queryid, Oid userid,
						  int *count);
extern SamplerSet *sampler_set(const SamplerEntry *entry, int index);
extern void sampler_count_loss(SamplerLoss loss);
extern void sampler_record(const SamplerKey *key, const SampleDraft *draft,
						   const SamplerSet *set);
extern void sampler_forget(void);
extern uint32 sampler_resets(void);
extern void sampler_restore(SamplerKind kind, const SamplerHead *entry);

/* file.c */
extern void sampler_file_load(void);
extern void sampler_file_save(int code, Datum arg);

/* constant.c */
extern void constants_parsed(const ParseState *pstate, const Query *query,
							 const JumbleState *jumble);
extern bool constants_read(const QueryDesc *desc, SampleDraft *draft,
						   SamplerLoss *loss);

/* set.c */
extern void value_bind(SampledValue *value, const QueryDesc *desc,
					   int number);
extern void draft_bind(SampleDraft *draft, const QueryDesc *desc);
extern uint32 draft_signature(const SampleDraft *draft);
extern uint32 value_hash(const SampledValue *value);
extern SamplerSet *set_pack(const SampleDraft *draft);
extern bool set_is_sane(const SamplerSet *set, int nparams);
extern void set_unpack(const SamplerSet *set, int nparams, SampledSet *result);

/* estimate.c */
extern void estimates_record(const SamplerKey *key, QueryDesc *desc,
							 bool complete);

/* plan.c */
extern void plan_record(const SamplerKey *key, const QueryDesc *desc,
						double ms, double rows);

/* hook.c */
extern void sampler_hooks_init(void);

#endif							/* DBADVISOR_SAMPLER_INTERNAL_H */
