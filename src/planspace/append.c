/*-------------------------------------------------------------------------
 *
 * append.c
 *		Ways to read a UNION ALL of tables from the ways to read each of them.
 *
 * The planner reads each member in the cheapest way that there is, and all of them
 * with values of the same outer relations.  So a way to read the whole is one
 * access of each member, and needs the candidates of all of these.
 * Entry points: append_note_member(), append_record().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "optimizer/pathnode.h"

#include "planspace/planspace_internal.h"

/* Ways to read one UNION ALL with values of the same relations. */
#define MAX_COMBINED 512

/* A member, as it waits for the relation that it is part of. */
typedef struct AppendMember
{
	PlannerInfo *root;
	Index		parent;
	RawLeaf    *leaf;
} AppendMember;

/*
 * Remember a member of a UNION ALL until all have been seen.
 */
void
append_note_member(Recording *recording, PlannerInfo *root, Index parent,
				   RawLeaf *leaf)
{
	AppendMember *member = (AppendMember *) palloc(sizeof(AppendMember));

	member->root = root;
	member->parent = parent;
	member->leaf = leaf;
	recording->members = lappend(recording->members, member);
}

/*
 * The members of a relation that were remembered: a list of RawLeaf.
 */
static List *
members_of(const Recording *recording, const PlannerInfo *root,
		   const RelOptInfo *rel)
{
	List	   *leaves = NIL;
	ListCell   *lc;

	foreach(lc, recording->members)
	{
		AppendMember *member = (AppendMember *) lfirst(lc);

		if (member->root == root && member->parent == rel->relid)
			leaves = lappend(leaves, member->leaf);
	}
	return leaves;
}

/*
 * Cheapest accesses first; of those that cost the same the one that needs less.
 */
static int
compare_raw(const ListCell *a, const ListCell *b)
{
	const RawAccess *left = (const RawAccess *) lfirst(a);
	const RawAccess *right = (const RawAccess *) lfirst(b);

	if (left->path->total_cost != right->path->total_cost)
		return left->path->total_cost < right->path->total_cost ? -1 : 1;
	return left->nmembers - right->nmembers;
}

/*
 * Is there an access in the list that needs the same candidates?
 */
static bool
has_such(const List *accesses, const RawAccess *access)
{
	ListCell   *lc;

	foreach(lc, accesses)
	{
		const RawAccess *other = (const RawAccess *) lfirst(lc);

		if (other->nmembers == access->nmembers &&
			memcmp(other->members, access->members,
				   access->nmembers * sizeof(int)) == 0)
			return true;
	}
	return false;
}

/*
 * The access with values of these outer relations, or NULL.
 */
static RawAccess *
access_with(PlannerInfo *root, const RawAccess *access, Relids outer)
{
	RawAccess  *copy;
	Path	   *path = access->path;

	if (!bms_is_subset(PATH_REQ_OUTER(path), outer))
		return NULL;
	if (!bms_equal(PATH_REQ_OUTER(path), outer))
		path = reparameterize_path(root, path, outer, 1.0);
	if (path == NULL)
		return NULL;
	copy = (RawAccess *) palloc(sizeof(RawAccess));
	memcpy(copy, access, sizeof(RawAccess));
	copy->path = path;
	return copy;
}

/*
 * The accesses of a member with values of these outer relations that may be worth
 * their candidates, the cheapest first and at most so many; the last one needs none.
 */
static List *
choices_of(PlannerInfo *root, const RawLeaf *leaf, Relids outer, int most)
{
	List	   *all = NIL;
	List	   *choices = NIL;
	ListCell   *lc;

	foreach(lc, leaf->accesses)
	{
		RawAccess  *access = access_with(root, (RawAccess *) lfirst(lc), outer);

		if (access != NULL)
			all = lappend(all, access);
	}
	list_sort(all, compare_raw);
	foreach(lc, all)
	{
		RawAccess  *access = (RawAccess *) lfirst(lc);

		if (access->nmembers == 0)
			return lappend(choices, access);
		if (list_length(choices) < most - 1 && !has_such(choices, access))
			choices = lappend(choices, access);
	}
	/* A member that cannot be read without a candidate is none of ours. */
	return NIL;
}

/*
 * Add the candidates of "from" to those of the access; false if there are too many.
 */
static bool
access_join(RawAccess *access, const RawAccess *from)
{
	for (int i = 0; i < from->nmembers; i++)
	{
		int			j = 0;

		while (j < access->nmembers && access->members[j] != from->members[i])
			j++;
		if (j == MAX_ACCESS_MEMBERS)
			return false;
		access->members[j] = from->members[i];
		access->nmembers = Max(access->nmembers, j + 1);
	}
	return true;
}

/*
 * Add the combination of this number: its digits, in the base of each member's
 * number of choices, say which access of each.
 */
static void
add_combination(PlannerInfo *root, RelOptInfo *rel, RawLeaf *leaf,
				const List *choices, int number, Relids outer)
{
	RawAccess  *access = (RawAccess *) palloc0(sizeof(RawAccess));
	List	   *paths = NIL;
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	foreach(lc, choices)
	{
		const List *own = (const List *) lfirst(lc);
		const RawAccess *one = (const RawAccess *)
		list_nth(own, number % list_length(own));

		if (!access_join(access, one))
			return;
		paths = lappend(paths, one->path);
		number /= list_length(own);
	}
	access->path = (Path *) create_append_path(root, rel, paths, NIL, NIL,
											   outer, 0, false, -1);
	leaf->accesses = lappend(leaf->accesses, access);
}

/*
 * Add the ways to read all members with values of these outer relations.
 */
static void
combine(PlannerInfo *root, RelOptInfo *rel, RawLeaf *leaf,
		const List *members, Relids outer)
{
	int			most = (int) pow(MAX_COMBINED, 1.0 / list_length(members));
	List	   *choices = NIL;
	int			count = 1;
	ListCell   *lc;

	foreach(lc, members)
	{
		List	   *own = choices_of(root, (RawLeaf *) lfirst(lc), outer, most);

		if (own == NIL)
			return;
		choices = lappend(choices, own);
		count *= list_length(own);
	}
	for (int i = 0; i < count; i++)
		add_combination(root, rel, leaf, choices, i, outer);
}

/*
 * Add the ways to read a UNION ALL whose members were remembered.
 */
void
append_record(Recording *recording, PlannerInfo *root, RelOptInfo *rel,
			  RawLeaf *leaf)
{
	List	   *members = members_of(recording, root, rel);
	List	   *outers = NIL;
	RelOptInfo *copy;
	ListCell   *lc;
	ListCell   *lc2;

	if (members == NIL)
		return;
	/* Parameterisations of ours are none of the planner's business. */
	copy = makeNode(RelOptInfo);
	memcpy(copy, rel, sizeof(RelOptInfo));
	copy->ppilist = list_copy(rel->ppilist);
	combine(root, copy, leaf, members, NULL);
	foreach(lc, members)
		foreach(lc2, ((RawLeaf *) lfirst(lc))->accesses)
	{
		Relids		outer = PATH_REQ_OUTER(((RawAccess *) lfirst(lc2))->path);
		ListCell   *lc3;

		foreach(lc3, outers)
		{
			if (bms_equal((Relids) lfirst(lc3), outer))
				break;
		}
		if (outer == NULL || lc3 != NULL)
			continue;
		outers = lappend(outers, outer);
		combine(root, copy, leaf, members, outer);
	}
}
