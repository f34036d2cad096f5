/*-------------------------------------------------------------------------
 *
 * tpch_words.h
 *		The value domains of the TPC-H columns that are drawn from lists, and
 *		the vocabulary of the pseudo text in the comment columns.
 *
 * A word that stands several times in a list is that much more likely.  Order
 * matters: a value is chosen by its position, so changing a list changes the
 * data of every seed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TPCH_WORDS_H
#define TPCH_WORDS_H

#define LENGTH_OF(list)	((int) (sizeof(list) / sizeof((list)[0])))

typedef struct Nation
{
	const char *name;
	int			region;			/* position in "regions" */
} Nation;

static const char *const regions[] = {
	"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"
};

static const Nation nations[] = {
	{"ALGERIA", 0}, {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1},
	{"EGYPT", 4}, {"ETHIOPIA", 0}, {"FRANCE", 3}, {"GERMANY", 3},
	{"INDIA", 2}, {"INDONESIA", 2}, {"IRAN", 4}, {"IRAQ", 4},
	{"JAPAN", 2}, {"JORDAN", 4}, {"KENYA", 0}, {"MOROCCO", 0},
	{"MOZAMBIQUE", 0}, {"PERU", 1}, {"CHINA", 2}, {"ROMANIA", 3},
	{"SAUDI ARABIA", 4}, {"VIETNAM", 2}, {"RUSSIA", 3},
	{"UNITED KINGDOM", 3}, {"UNITED STATES", 1}
};

static const char *const colours[] = {
	"almond", "antique", "aquamarine", "azure", "beige", "bisque", "black",
	"blanched", "blue", "blush", "brown", "burlywood", "burnished",
	"chartreuse", "chiffon", "chocolate", "coral", "cornflower", "cornsilk",
	"cream", "cyan", "dark", "deep", "dim", "dodger", "drab", "firebrick",
	"floral", "forest", "frosted", "gainsboro", "ghost", "goldenrod", "green",
	"grey", "honeydew", "hot", "indian", "ivory", "khaki", "lace", "lavender",
	"lawn", "lemon", "light", "lime", "linen", "magenta", "maroon", "medium",
	"metallic", "midnight", "mint", "misty", "moccasin", "navajo", "navy",
	"olive", "orange", "orchid", "pale", "papaya", "peach", "peru", "pink",
	"plum", "powder", "puff", "purple", "red", "rose", "rosy", "royal",
	"saddle", "salmon", "sandy", "seashell", "sienna", "sky", "slate",
	"smoke", "snow", "spring", "steel", "tan", "thistle", "tomato",
	"turquoise", "violet", "wheat", "white", "yellow"
};

static const char *const type_sizes[] = {
	"STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"
};
static const char *const type_finishes[] = {
	"ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"
};
static const char *const type_metals[] = {
	"TIN", "NICKEL", "BRASS", "STEEL", "COPPER"
};
static const char *const container_sizes[] = {
	"SM", "LG", "MED", "JUMBO", "WRAP"
};
static const char *const container_kinds[] = {
	"CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"
};
static const char *const segments[] = {
	"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"
};
static const char *const priorities[] = {
	"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"
};
static const char *const ship_instructions[] = {
	"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"
};
static const char *const ship_modes[] = {
	"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"
};

/* Pseudo text. */
static const char *const nouns[] = {
	"packages", "packages", "requests", "requests", "requests", "requests",
	"accounts", "accounts", "accounts", "deposits", "deposits", "deposits",
	"foxes", "ideas", "theodolites", "pinto beans", "instructions",
	"dependencies", "excuses", "platelets", "asymptotes", "courts",
	"dolphins", "multipliers", "sauternes", "warthogs", "frets", "dinos",
	"attainments", "somas", "patterns", "forges", "braids", "frays",
	"warhorses", "dugouts", "epitaphs", "pearls", "tithes", "waters",
	"orbits", "gifts", "sheaves", "depths", "sentiments", "decoys", "realms",
	"pains", "grouches", "escapades", "hockey players"
};
static const char *const verbs[] = {
	"sleep", "wake", "are", "cajole", "haggle", "nag", "use", "boost",
	"affix", "detect", "integrate", "maintain", "nod", "was", "lose",
	"sublate", "solve", "thrash", "promise", "engage", "hinder", "print",
	"x-ray", "breach", "eat", "grow", "impress", "mold", "poach", "serve",
	"run", "dazzle", "snooze", "doze", "unwind", "kindle", "play", "hang",
	"believe", "doubt"
};
static const char *const adjectives[] = {
	"special", "special", "special", "special", "pending", "pending", "unusual",
	"unusual", "express", "express", "regular", "regular", "regular",
	"final", "final", "ironic", "ironic", "even", "even", "bold", "bold",
	"silent", "silent", "furious", "sly", "careful", "blithe", "quick",
	"fluffy", "slow", "quiet", "ruthless", "thin", "close", "dogged",
	"daring", "brave", "stealthy", "permanent", "enticing", "idle", "busy"
};
static const char *const adverbs[] = {
	"sometimes", "always", "never", "furiously", "slyly", "carefully",
	"blithely", "quickly", "fluffily", "slowly", "quietly", "ruthlessly",
	"thinly", "closely", "doggedly", "daringly", "bravely", "stealthily",
	"permanently", "enticingly", "idly", "busily", "regularly", "finally",
	"ironically", "evenly", "boldly", "silently"
};
static const char *const prepositions[] = {
	"about", "above", "according to", "across", "after", "against", "along",
	"alongside of", "among", "around", "at", "atop", "before", "behind",
	"beneath", "beside", "besides", "between", "beyond", "by", "despite",
	"during", "except", "for", "from", "in place of", "inside", "instead of",
	"into", "near", "of", "on", "outside", "over", "past", "since", "through",
	"throughout", "to", "toward", "under", "until", "up", "upon", "without",
	"with", "within"
};
static const char *const auxiliaries[] = {
	"do", "may", "might", "shall", "will", "would", "can", "could", "should",
	"ought to", "must", "will have to", "shall have to", "could have to",
	"should have to", "must have to", "need to", "try to"
};
static const char *const terminators[] = {
	".", ".", ".", ".", ".", ";", ":", "?", "!", "--"
};

#endif							/* TPCH_WORDS_H */
