/*-------------------------------------------------------------------------
 *
 * copied_columns.c
 *		Find the joins of a query that copies of a few columns would make
 *		needless, and make the query without them.
 *
 * A join can go when it neither removes nor adds rows and nothing chooses rows
 * by the table that is joined: it follows a foreign key that is valid, and is
 * an outer join, or the key is never NULL.  In the query without it, a column
 * that would be copied is the key under the type of that column: it has as many
 * different values, so that groups are not underestimated.  Such a query can be
 * planned and not run.
 * Entry point: copied_columns_find().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "whatif/copied_columns.h"

/* More columns than this are not worth copying. */
#define MAX_COPIED_COLUMNS 2

/* One join that is being taken out of a copy of the query. */
typedef struct Cut
{
	Query	   *query;			/* the copy */
	int			source;			/* range table index of the table joined */
	int			join;			/* and of the join, 0 where it has none */
	Var		   *key;			/* NULL: not found yet */
	AttrNumber	referenced;		/* column of the source that it refers to */
	Index		depth;			/* of the query that is looked at */
	List	   *columns;		/* int list: of the source, to be copied */
	bool		failed;			/* used in a way that no copy serves */
} Cut;

/*
 * Is the foreign key enforced for all rows?
 */
static bool
foreign_key_is_valid(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	bool		valid = HeapTupleIsValid(tuple) &&
	((Form_pg_constraint) GETSTRUCT(tuple))->convalidated;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return valid;
}

/*
 * Does a valid foreign key lead from one column to the other by this operator,
 * and is the first never NULL where that is asked?
 */
static bool
foreign_key_links(Oid relid, AttrNumber key, Oid source, AttrNumber referenced,
				  Oid operator, bool not_null)
{
	Relation	relation = relation_open(relid, NoLock);
	bool		linked = false;
	ListCell   *lc;

	if (key > 0 &&
		(!not_null || TupleDescAttr(relation->rd_att, key - 1)->attnotnull))
		foreach(lc, RelationGetFKeyList(relation))
	{
		ForeignKeyCacheInfo *info = lfirst_node(ForeignKeyCacheInfo, lc);

		linked |= info->confrelid == source && info->nkeys == 1 &&
			info->conkey[0] == key && info->confkey[0] == referenced &&
			(info->conpfeqop[0] == operator ||
			 info->conpfeqop[0] == get_commutator(operator)) &&
			foreign_key_is_valid(info->conoid);
	}
	relation_close(relation, NoLock);
	return linked;
}

/*
 * Is it a table of which all rows are read, and no other table's?  A foreign key
 * says nothing of tables that inherit.
 */
static bool
is_whole_table(const RangeTblEntry *rte)
{
	if (rte->rtekind != RTE_RELATION || rte->tablesample != NULL ||
		rte->securityQuals != NIL)
		return false;
	return rte->relkind == RELKIND_PARTITIONED_TABLE ||
		(rte->relkind == RELKIND_RELATION &&
		 !(rte->inh && has_subclass(rte->relid)));
}

/*
 * Does the clause compare a column of the source with one of another item?
 */
static bool
compares_source(Node *clause, const Cut *cut, Var **other, Var **referenced)
{
	List	   *args;

	if (clause == NULL || !IsA(clause, OpExpr))
		return false;
	args = ((OpExpr *) clause)->args;
	if (list_length(args) != 2 || !IsA(linitial(args), Var) ||
		!IsA(lsecond(args), Var))
		return false;
	*other = linitial_node(Var, args);
	*referenced = lsecond_node(Var, args);
	if ((*other)->varno == cut->source)
	{
		*other = lsecond_node(Var, args);
		*referenced = linitial_node(Var, args);
	}
	return (*other)->varlevelsup == 0 && (*referenced)->varlevelsup == 0 &&
		(*referenced)->varno == cut->source && (*other)->varno != cut->source;
}

/*
 * Is the clause one that follows a foreign key to the source?  Notes the key.
 */
static bool
is_link(Node *clause, bool inner, Cut *cut)
{
	Oid			source = rt_fetch(cut->source, cut->query->rtable)->relid;
	Var		   *key;
	Var		   *referenced;
	RangeTblEntry *rte;

	if (!compares_source(clause, cut, &key, &referenced))
		return false;
	rte = rt_fetch(key->varno, cut->query->rtable);
	if (!is_whole_table(rte) ||
		!foreign_key_links(rte->relid, key->varattno, source,
						   referenced->varattno, ((OpExpr *) clause)->opno,
						   inner))
		return false;
	cut->key = key;
	cut->referenced = referenced->varattno;
	return true;
}

/*
 * Take the first clause that is a link out of a list of them.
 */
static Node *
quals_without_link(Node *quals, Cut *cut)
{
	BoolExpr   *all = (BoolExpr *) quals;
	ListCell   *lc;

	if (is_link(quals, true, cut))
		return NULL;
	if (quals == NULL || !IsA(quals, BoolExpr) || all->boolop != AND_EXPR)
		return quals;
	foreach(lc, all->args)
		if (is_link(lfirst(lc), true, cut))
	{
		all->args = foreach_delete_current(all->args, lc);
		break;
	}
	return list_length(all->args) == 1 ? linitial(all->args) : quals;
}

/*
 * Is the node the source itself?
 */
static bool
is_source(Node *node, const Cut *cut)
{
	return IsA(node, RangeTblRef) &&
		((RangeTblRef *) node)->rtindex == cut->source;
}

static Node *without_source(Node *node, Cut *cut);

/*
 * The same for a join: where one side is the source, what is left is the other.
 */
static Node *
join_without_source(JoinExpr *join, Cut *cut)
{
	bool		inner = join->jointype == JOIN_INNER;
	Node	   *rest = NULL;

	if (is_source(join->rarg, cut) && (inner || join->jointype == JOIN_LEFT))
		rest = join->larg;
	else if (is_source(join->larg, cut) && inner)
		rest = join->rarg;
	if (rest != NULL && is_link(join->quals, inner, cut))
	{
		cut->join = join->rtindex;
		return rest;
	}
	join->larg = without_source(join->larg, cut);
	join->rarg = without_source(join->rarg, cut);
	return (Node *) join;
}

/*
 * What is left of a part of FROM without the source; unchanged where it stays.
 */
static Node *
without_source(Node *node, Cut *cut)
{
	FromExpr   *from = (FromExpr *) node;
	ListCell   *lc;

	check_stack_depth();
	if (IsA(node, JoinExpr))
		return join_without_source((JoinExpr *) node, cut);
	if (!IsA(node, FromExpr))
		return node;
	foreach(lc, from->fromlist)
	{
		if (!is_source(lfirst(lc), cut))
			lfirst(lc) = without_source(lfirst(lc), cut);
		else if (list_length(from->fromlist) > 1)
		{
			from->quals = quals_without_link(from->quals, cut);
			if (cut->key != NULL)
				from->fromlist = foreach_delete_current(from->fromlist, lc);
		}
	}
	return node;
}

/*
 * Can an outer join in this part of FROM make rows in which a table is NULL?
 */
static bool
is_nullable(Node *node, int table, bool nullable)
{
	JoinExpr   *join = (JoinExpr *) node;
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return nullable && ((RangeTblRef *) node)->rtindex == table;
	if (IsA(node, JoinExpr))
		return is_nullable(join->larg, table, nullable ||
						   join->jointype == JOIN_RIGHT ||
						   join->jointype == JOIN_FULL) ||
			is_nullable(join->rarg, table, nullable ||
						join->jointype == JOIN_LEFT ||
						join->jointype == JOIN_FULL);
	if (IsA(node, FromExpr))
		foreach(lc, ((FromExpr *) node)->fromlist)
			if (is_nullable(lfirst(lc), table, nullable))
			return true;
	return false;
}

/*
 * Does the variable belong to what was taken out?
 */
static bool
is_cut(const Var *var, const Cut *cut)
{
	return var->varlevelsup == cut->depth &&
		(var->varno == cut->source ||
		 (cut->join != 0 && var->varno == cut->join));
}

/*
 * Does anything in the tree belong to what was taken out?
 */
static bool
mentions_cut(Node *node, Cut *cut)
{
	bool		found;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return is_cut((Var *) node, cut);
	if (!IsA(node, Query))
		return expression_tree_walker(node, mentions_cut, cut);
	cut->depth++;
	found = query_tree_walker((Query *) node, mentions_cut, cut,
							  QTW_IGNORE_JOINALIASES);
	cut->depth--;
	return found;
}

/*
 * What stands in the place of a column of the source.
 */
static Node *
copied_column(const Var *var, Cut *cut)
{
	RelabelType *copy;

	if (var->varattno == cut->referenced && var->varno == cut->source)
		return (Node *) copyObject(cut->key);
	if (var->varno != cut->source || var->varattno <= 0)
	{
		cut->failed = true;
		return (Node *) copyObject(unconstify(Var *, var));
	}
	cut->columns = list_append_unique_int(cut->columns, var->varattno);
	copy = makeRelabelType((Expr *) copyObject(cut->key), var->vartype,
						   var->vartypmod, var->varcollid,
						   COERCE_IMPLICIT_CAST);
	return (Node *) copy;
}

/*
 * The tree with copies in the place of the source's columns.
 */
static Node *
with_copies(Node *node, Cut *cut)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
		return is_cut((Var *) node, cut) ? copied_column((Var *) node, cut) :
			(Node *) copyObject(node);
	if (IsA(node, Query))
	{
		/* a subquery that looks at the source is left alone, and the join too */
		cut->depth++;
		cut->failed |= query_tree_walker((Query *) node, mentions_cut, cut,
										 QTW_IGNORE_JOINALIASES);
		cut->depth--;
		return (Node *) copyObject(node);
	}
	return expression_tree_mutator(node, with_copies, cut);
}

/*
 * Does the query without the join ask the source for nothing but values?
 */
static bool
cut_is_clean(Cut *cut)
{
	Query	   *query = cut->query;

	return cut->key != NULL &&
		!is_nullable((Node *) query->jointree, cut->key->varno, false) &&
		!mentions_cut((Node *) query->jointree, cut) &&
		!mentions_cut(query_having(query), cut) &&
		!mentions_cut(query->limitCount, cut) &&
		!mentions_cut(query->limitOffset, cut);
}

/*
 * The query without its join of one table; NULL where it must stay.
 */
static CopiedColumns *
without_join(const Query *query, int source)
{
	Cut			cut = {.query = copyObject(unconstify(Query *, query)),.source = source};
	CopiedColumns *copied;

	if (!is_whole_table(rt_fetch(source, cut.query->rtable)))
		return NULL;
	cut.query->jointree = castNode(FromExpr, without_source((Node *) cut.query->jointree, &cut));
	if (!cut_is_clean(&cut))
		return NULL;
	/* the planner looks for outer joins in FROM when the range table has one */
	if (cut.join != 0)
		rt_fetch(cut.join, cut.query->rtable)->jointype = JOIN_INNER;
	cut.query = query_tree_mutator(cut.query, with_copies, &cut,
								   QTW_IGNORE_JOINALIASES);
	if (cut.failed || cut.columns == NIL ||
		list_length(cut.columns) > MAX_COPIED_COLUMNS)
		return NULL;
	list_sort(cut.columns, list_int_cmp);
	copied = palloc0(sizeof(CopiedColumns));
	copied->relid = rt_fetch(cut.key->varno, query->rtable)->relid;
	copied->key = cut.key->varattno;
	copied->source = rt_fetch(source, query->rtable)->relid;
	copied->columns = cut.columns;
	copied->query = cut.query;
	return copied;
}

/*
 * See copied_columns.h.
 */
List *
copied_columns_find(const Query *query)
{
	List	   *found = NIL;

	if (query->commandType != CMD_SELECT || query->rowMarks != NIL ||
		query->setOperations != NULL || query->hasModifyingCTE)
		return NIL;
	for (int i = 1; i <= list_length(query->rtable); i++)
	{
		CopiedColumns *copied;

		CHECK_FOR_INTERRUPTS();
		copied = without_join(query, i);
		if (copied != NULL)
			found = lappend(found, copied);
	}
	return found;
}
