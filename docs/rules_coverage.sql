-- Which rule covers a check of other tools, for docs/rules.sql.
--
-- The numbers are those of a survey of 249 checks that other tools make.  Each
-- line: number, check, our rule (empty where there is none), tools that have the
-- check, and what ours does better, or why there is none.  Tools are abbreviated
-- as docs/rules.sql explains.
COPY rule_coverage (number, name, rule, peers, note) FROM STDIN (FORMAT csv);
1,index.invalid,index.invalid,PGH PDB PIH RPE HPE HDI DE DBV(i1002) PGD PFA PAI(H001) PAS,tells a build in progress from a leftover by its locks; knows what a valid index covers
2,index.duplicate,index.duplicate,SP0009 PIH PGH PL(B002) RPE PDB(i2) DE PGX DBV(i1001) PGD PAI(H004) PFA PAS AZ PTD ID PGC,"compares trees, operator classes, collations, order and predicate, then plans the recorded statements without it"
3,index.redundant_prefix,index.redundant,PIH(intersected) PGH PL PDB DE PGX PAI PAS AZ(duplicated) PTD ID SCC,a unique one is never offered; proven by planning the recorded statements without it
4,index.redundant_to_constraint,index.duplicate,PIH RPE PDB DE PGX DBV(i1003) PAI PL AZ,the one that backs a constraint stays
5,index.duplicate_unique,index.duplicate_constraint,SP PIH DBV RPE PGD DE PGX PL,"the primary key, foreign keys, replica identity and clustering decide which of the two stays; the constraint is dropped, not its index"
6,index.superkey_unique,index.unique_superset,"PTD (clustered-key variant), DBV(i1005 partly)",composite foreign keys that need it silence it
7,index.redundant_reversed,index.duplicate,PIH RPE PDB DE PAI DBV flag it by accident,NULLS FIRST and LAST count; several keys only when all are reversed
8,index.redundant_include,index.redundant,PIH PDB DE PGX PAI PL,"included columns count, plans decide"
9,index.redundant_partial,index.redundant,DBV(i1005) PL by accident,predicates are compared by implication
10,index.hash_beside_btree,index.unused,PL DE (as duplicate) PCL(hash index),"merged: the planner chooses between the two, and the one that nothing reads is named; the B-tree is never offered because it looks like the other"
11,index.unused,index.unused,SP PL PGH RPE HPE PIH PDB DE PGX PFA PGD PAI PAS PLN AZ PCL ID DD CYB,"window, standbys, constraints, clustering, replica identity and the statistics of expressions are guards"
12,index.rarely_used,index.rarely_used,PIH RPE PFA PGH PGX,"scans against entries written over a window, not a number of scans"
13,index.more_writes_than_scans,index.rarely_used,DE PDB PGD PGX PAS,HOT updates write no entry and are not counted
14,index.low_share_large,index.rarely_used,PDB PGX,merged: a share of scans depends on what else the table is asked; writes per scan do not
15,index.other_am_write_heavy,index.rarely_used,PDB PGX,merged: entries written count for every access method
16,index.inefficient_scan,index.missing,PFA DD PGP,merged: reading many entries per scan is right for reports; the planner prices a better index for the recorded statements
17,index.cold_cache,,PGD RPE HPE,a low share of cache hits is no cost by itself: what counts is the time that statements spend reading
18,index.vacuum_load,,PGP,"the vacuum of an index costs by its size: index.unused, index.redundant and index.bloated name what can be spared"
19,index.bloat_btree,index.bloated,IOG PGH RPE HPE PGX PGD CP PIH PAI PDB(b2) PFA PCL HDI,"size of a new build is predicted with duplicates and fill factor, not from widths alone"
20,index.bloat_exact,index.bloated,"PDB(b3,b4) PGX keithf4/pg_bloat_check","the prediction is confirmed on a sample of pages, with an interval, instead of reading all; dbadvisor.measure_bloat() shows both"
21,index.bloat_other_am,,,"the size of a new GIN or GiST index cannot be predicted from statistics, and growth alone proves nothing"
22,index.mostly_null,index.mostly_null,RPE DE PIH SCC,planned again with the partial index: statements that ask for IS NULL silence it
23,index.partial_candidate_skew,index.missing,DE,the search weighs partial indexes on values that recorded statements ask for
24,index.dedup_candidate,index.bloated,DE,"merged: a new build is predicted with its duplicates gathered, so one from before version 13 shows by its size"
25,index.on_boolean,index.unselective,PIH PGC,by the distribution of values instead of the type: a rare true or false silences it
26,index.low_cardinality,index.unselective,ID (recalled) SQC,"all values must be common, and no recorded statement may be planned with it"
27,index.foreign_key_missing,index.foreign_key_missing,SP PIH PL SL PDB PGX RPE DE ARD TBL PCL PFA PAS ESP PGC DBS,"the check that the server makes is planned, with any index that serves it; weighed by deletes of the parent"
28,index.foreign_key_questionable,index.foreign_key_missing,PDB PGX,"partial, hash and covering indexes count as far as the planner uses them"
29,index.btree_on_array,index.btree_on_array,PIH DBV(i1010) PGC,only where nothing has read it
30,index.needless_predicate,index.needless_predicate,PIH PGC,unique ones stay unique in the new definition
31,index.range_before_equality,index.missing,PIH PGC,"the order of columns comes from costs, not from a rule about types"
32,index.too_many_on_table,index.too_many,AZ SQC ID,"by count, by size against the table, and names those that are read least"
33,index.none_on_table,index.missing,AZ PGX SCC DBS,merged: no index is no fault where no statement gains by one
34,index.missing_by_seq_scan,index.missing,PIH PGH PGX PGD PFA DE PLN HPE RPE DD DTA,the planner prices candidates for recorded statements; counts of sequential scans prove nothing
35,index.soft_delete_not_partial,index.missing,ARD,"partial indexes are found by the predicates of recorded statements, whatever the column is called"
36,index.grows_fast,,AZ,the growth of an index follows that of its table (maintenance.table_grows_fast) or its bloat (index.bloated)
37,index.size_over_table,index.too_many,AZ PAS,with the number of indexes: one large GIN index is no fault
38,index.corrupt,index.collation_changed,PDB(c1-c4),what makes most indexes wrong is found without reading them; amcheck reads them under locks and is run by hand
39,schema.primary_key_missing,schema.primary_key_missing,SP PIH PL DBV(no1002) SL PFA AZ ARD SCC ID PGC DBS,partitions through their parent; tables that are only inserted into are low
40,schema.no_unique_key,schema.primary_key_missing,DBV(no1001) DE(check_uniq_indexes) ID,merged: a unique key on NOT NULL columns is proposed as the primary key
41,schema.replica_identity_missing,schema.replica_identity_missing,PGC PGD(partly) CP,only for tables that a publication has with updates or deletes
42,schema.primary_key_wide,schema.primary_key_wide,PL ESP,only where foreign keys repeat it; off by default
43,schema.primary_key_natural,,PIH AZ SQC KAR,whether a key should have a meaning is a matter of taste; tools demand both
44,schema.constraint_not_valid,schema.constraint_not_valid,PIH PGH DBV(c1001) SQ,counts nothing by itself: the precheck finds the rows that break it; NOT NULL of PostgreSQL 18 too; see schema.constraint_not_enforced for NOT ENFORCED
45,schema.fk_duplicate,schema.foreign_key_duplicate,PIH DBV(fk1010) PTD PGC,keys that do different things on delete are not offered
46,schema.fk_type_mismatch,schema.foreign_key_type_mismatch,PIH DBV(fk1001) PL(B008) ARD SCC DCO PGC DBS,"by operator family: only where an index is lost, or the narrower column ends first"
47,schema.fk_overlapping,,PIH DBV(fk1011) PGC,keys that share the column of a tenant are right; schema.foreign_key_duplicate finds those that repeat each other
48,schema.fk_match_simple_null,schema.foreign_key_half_null,PIH DBV(fk1002 for any nullable),silent where one column only can be NULL
49,schema.fk_column_nullable,schema.not_null_candidate,"DBV(fk1002, off) SCC","merged: a key that may be NULL is an optional relation, unless no row is"
50,schema.fk_self_no_action,,PIH,NO ACTION is the default and right for most trees
51,schema.fk_missing,schema.foreign_key_missing,RPE ARD AZ SQC DCO KAR,"type, primary key and schema must agree, pairs of type and id are left alone; the data is searched by dbadvisor.discover_inclusions()"
52,schema.fk_outside_schema,,PL(B007),a foreign key to another schema is no fault
53,schema.fk_action_missing,,SL ESP DBS,which action on delete is right is not written anywhere in the database
54,schema.fk_cycle,schema.foreign_key_ring,SCC KAR (asked in mfvanek/pg-index-health#632),only rings that no row can enter
55,schema.fk_without_tenant_key,,ESP,which column is the tenant is not known; security.rls_off_beside finds it by the policies of other tables
56,schema.nullable_unique,schema.unique_nullable,"SCC (unique index on nullable columns), igorolv/jdbc-mcp-server",only where some of the columns are NOT NULL
57,schema.unique_missing,,ARD DCO AZ,what the application promises is not in the database; dbadvisor.discover_dependencies() finds keys in the data
58,schema.not_null_missing,schema.not_null_candidate,ARD DCO,by the data instead of the application
59,schema.all_nullable,schema.not_null_candidate,PIH SCC,merged: columns that never are NULL are named
60,schema.trigger_disabled,schema.trigger_disabled,CP PGM,"those of foreign keys too, which look valid and check nothing"
61,schema.trigger_function_shared,,PL(B009),one function for many tables is how audit triggers are made
62,schema.trigger_row_by_row,,PL(B013),loops inside of PL/pgSQL need its compiler: plpgsql_check
63,schema.rule_present,schema.rule_on_table,PFA WIK,views have theirs by nature
64,schema.table_inheritance,schema.table_inheritance,PIH WIK,chunks that belong to an extension are left out
65,schema.unlinked_table,,PIH DBV(fk1007) AZ SCC,"a table that refers to none is no fault: settings, logs, queues"
66,schema.enum_usage,,SL SQC KAR,an enum is a choice; the fix that is advised elsewhere loses data
67,schema.polymorphic_reference,normalization.polymorphic_reference,KAR RPE(skips) AZ,"the values of the type column must name tables; each pair is shown with the tables that it refers to"
68,schema.entity_attribute_value,normalization.entity_attribute_value,SQC KAR,"a unique key of entity and attribute and the counts of the statistics, not the name of the table alone"
69,schema.adjacency_recursive,normalization.hierarchy_walked,SQC KAR,"only where recorded recursive statements walk the tree: without an index for the children, or often and long while it hardly changes; normalization.hierarchy_undeclared and path_in_text tell of other forms"
70,schema.sequence_exhaustion,schema.sequence_exhaustion,PGH DBV PIH PGD CP HDI PAI PFA,"the end of the column counts as well, with a date by rows inserted per day"
71,schema.integer_exhaustion,schema.integer_exhaustion,PGX PGD DE,"by statistics, no scan; keys only"
72,schema.sequence_wider_than_column,schema.sequence_exhaustion,PGD,merged: whichever ends first counts
73,schema.sequence_narrower,schema.sequence_narrower,PGD PGH,one statement that reads no row
74,schema.fk_column_narrower_than_key,schema.foreign_key_type_mismatch,PGD ARD SCC,says which column ends first
75,schema.primary_key_int4,schema.integer_exhaustion,SQ PGD ARD ESP(prefer-bigint-id),by how far it is used up: a small table may keep its integers
76,schema.timestamp_without_tz,schema.timestamp_without_zone,PIH SL SQ WIK PFA(HIGH) ESP PGC,"says whether the change rewrites the table, which depends on TimeZone and the clause"
77,schema.time_with_tz,schema.time_with_zone,PIH WIK ESP,with the conversion
78,schema.timestamp_precision_zero,schema.timestamp_rounded,WIK,the change reads no row
79,schema.money,schema.money,PIH WIK ESP PGC,both directions of the conversion
80,schema.float_money,schema.float_money,SQC KAR,"by whole words of the name, so that nothing like ""percentage"" is meant"
81,schema.numeric_unbounded,,ESP,"numeric without precision is exact and unlimited, as it should be"
82,schema.char_n,schema.char_n,PIH SQ WIK ESP PGC,character(1) is left alone; says that it rewrites
83,schema.varchar_n,schema.varchar_n,PIH SL SQ WIK PFA PGC,off by default; the change reads no row
84,schema.varchar_oversize,,,a limit that is far above what is stored costs nothing
85,schema.json_text,schema.json_text,PIH SL,says what is lost and that it cannot be taken back
86,schema.serial,schema.serial,PIH SQ SL WIK PFA PGC DBS,off by default; the sequence goes on where it was
87,schema.uuid_as_text,schema.text_holds_type,PIH DBV AZ PGD,by the values in the statistics instead of the name
88,schema.uuid_random_indexed,schema.uuid_random,PGD,"for large tables only, and with a statement where the server has something better"
89,schema.number_as_text,schema.text_holds_type,AZ KAR,leading zeros are codes; no value is shown
90,schema.date_as_text,schema.text_holds_type,AZ,every value of the statistics must be one
91,schema.multi_valued_text,normalization.list_in_text,"SQC KAR(""jaywalking"")","told from prose by the values that the statistics hold: how parts repeat, and what they look like"
92,schema.repeating_columns,normalization.repeating_group,"PIH SCC SQC KAR(""multicolumn attributes"")","numbered columns count where their values overlap or they are filled one after the other: lines of an address are left alone"
93,schema.metadata_tribbles,normalization.tables_alike,SQC KAR,"by names and columns together; where a column lies within the period of each table they become partitions as they are, proved by checks or by the statistics"
94,schema.inconsistent_type,schema.column_type_differs,PIH AZ SCC,"names of keys only, against what most columns of the name have; query.implicit_cast tells where a statement compares the two"
95,schema.large_object,,PIH SCC,large objects have uses; maintenance.catalog_bloat measures where pg_largeobject grows
96,schema.column_always_null,schema.column_one_value,"AZ(""attribute empty"")",by fresh statistics only
97,schema.column_constant,schema.column_one_value,,one row per table
98,schema.column_unused,,ID AZ,which columns an application reads is hidden by the star; what no statement compares may still be read
99,schema.default_null_text,schema.default_null_text,SCC,in any case of letters
100,schema.default_missing_timestamps,,ARD SL(mandatory-columns),"which columns a table must have is a house rule: a rule of your own, see the guide"
101,schema.column_alignment,,PDB,"bytes of padding are paid by rewriting a table, which is never worth it alone"
102,schema.too_many_columns,schema.too_many_columns,PFA AZ SCC SQC,"from 200 on, and above 60 where rows are updated, as each update writes all columns; reports of 60 columns are left alone"
103,schema.zero_or_one_column,,PIH PFA DBV(r1002) SCC,a table of one column is a set
104,schema.primary_key_not_first,,PIH,the place of a column has no effect
105,schema.toast_compression,schema.toast_compression,PGD,by the size of what would be compressed
106,schema.wide_json_document,maintenance.toast_heavy,PGD,merged: what is large out of line is measured
107,schema.unsupported_type,schema.upgrade_blocker,SP(0018),types that are carried over are left alone
108,schema.plaintext_password,schema.plaintext_password,SQC KAR,no value is read: the width of the statistics tells
109,schema.description_missing,schema.description_missing,PIH AZ TBL PGC,"off by default, one row per schema"
110,schema.domain_with_constraint,,SQ,a domain with a check is a feature
111,schema.name_needs_quotes,schema.name_needs_quotes,PIH PL DBV SL PGC AZ SCC WIK TBL DBS,"off by default, one row per schema; triggers of the server are not names of yours"
112,schema.name_reserved,schema.name_reserved,PL(B010) DBV(n1030-n1040) ESP,"by the words of this very server, in any case of letters"
113,schema.name_at_limit,schema.name_truncated,PIH SQ ESP DBS PGC,"off by default, one row per schema"
114,schema.name_confusing,schema.name_confusing,"DBV(n1001, n1005, n1010, n1015, n1020, n1025)",alphabets that are mixed within one name
115,schema.name_inflection,,SL AZ,"singular or plural is a house rule: a rule of your own, see the guide"
116,schema.name_environment,,PL(S002),a schema may be called what its owner likes
117,schema.name_shadows,schema.name_shadows_catalog,PGE,"off by default; pg_catalog only, which is searched first"
118,maintenance.table_bloat,maintenance.table_bloat,IOG PGX PFA RPE HPE HDI CP SP PAI PIH PDB(b1) PCL,measured on a random sample of pages with a 95 % interval; the estimate only chooses where to look
119,maintenance.dead_tuples,maintenance.vacuum_due,PGD PAI AZ PAS PGP PGM PFA,"by the formula of autovacuum with the settings of the table, not by a fixed number"
120,maintenance.bloat_exact,maintenance.table_bloat,PDB(b3) keithf4/pg_bloat_check,"at most max_pages pages are read, through a ring of buffers, under a lock timeout"
121,maintenance.reclaimable_ranking,maintenance.table_bloat,ORA(Segment Advisor) PAI,recommendations are ordered by the bytes that they free
122,maintenance.toast_share,maintenance.toast_heavy,PGD,fires only where lz4 is there and unused
123,maintenance.table_grows_fast,maintenance.table_grows_fast,PGH AZ PGP,"from snapshots, with the date on which it will have doubled; partitions count together"
124,maintenance.wraparound_database,maintenance.wraparound,PGH CP PGD PAI HDI PFA PGM,with a date at the measured rate of transaction ids; reaching autovacuum_freeze_max_age alone is normal
125,maintenance.wraparound_table,maintenance.wraparound,PGX PGD CP PGH HDI PAI,names the oldest tables of the database and freezes them
126,maintenance.wraparound_multixact,maintenance.wraparound,PGM,multixacts beside transaction ids
127,maintenance.horizon_held,maintenance.horizon_held,PAI CP PGP PGM,"sessions, prepared transactions, slots and standbys, each with its own remedy"
128,maintenance.prepared_transactions,maintenance.horizon_held,CP PGM PAI HPE partly,merged: an old prepared transaction holds the horizon
129,maintenance.autovacuum_off,maintenance.autovacuum_off,PDB PGD PFA PAI,tables that are hardly written are left alone; partitions told once; high by dead rows
130,maintenance.autovacuum_throttled,settings.autovacuum_saturated,PAI PGD,"by samples in which all workers are busy; the shared cost limit comes before more workers"
131,maintenance.scale_factor_large_table,maintenance.scale_factor_large_table,PGD PAI PFA,the factor is computed from the rows; the cap of PostgreSQL 18 counts
132,maintenance.vacuum_due,maintenance.vacuum_due,RPE HPE PDB PAI PGH,the limit for inserted rows counts too; a vacuum that runs silences it
133,maintenance.vacuum_stale,maintenance.vacuum_due,PGD CP AZ PAS PFA PGM,merged: time without vacuum matters only when work is due
134,maintenance.insert_only_not_frozen,maintenance.insert_only_not_frozen,PAI,fires by the share of pages that are all-visible
135,maintenance.storage_parameters,maintenance.fillfactor_low,PDB(t2),"merged: forgotten parameters are reported where they do harm, see autovacuum_off and scale_factor_large_table"
136,maintenance.never_analyzed,statistics.never_analyzed,PFA(HIGH) PAS CP PDB(b5) PGM,"asks for statistics themselves, not for a time that a crash forgets; see statistics.partitioned_missing for parents"
137,maintenance.statistics_stale,statistics.stale,PFA PAS PGD PGP CP,changed rows against the table's own limit; age alone does not count
138,maintenance.statistics_reset_recent,,PGD PAS PLN PGP,"a guard, no finding: rules that rest on counters say in their run how old these are"
139,maintenance.hot_ratio_low,maintenance.hot_updates_low,PGD RPE PAS,names the index that prevents HOT by the columns that recorded statements change
140,maintenance.new_page_updates,maintenance.hot_updates_low,RPE PGP,merged; the fill factor is computed from the width of the rows
141,maintenance.fillfactor_low,maintenance.fillfactor_low,PDB(t2),judged by updates per insert
142,maintenance.table_large,partition.missing,PFA PGP AZ,"size alone is no reason: partitions are advised where the planner, asked about them, or retention gains by it"
143,maintenance.partition_candidate,partition.missing,PGD,"names key, strategy and interval, and every statement that gains or loses"
144,maintenance.partition_key_unused,partition.not_pruned,PGD,"the planner's own plans of the recorded statements, and only where looking into all partitions is a good part of their time"
145,maintenance.partition_premake,maintenance.partition_future_missing,CP(partman_premake),"from the bounds in the catalog, for any tool or none"
146,maintenance.unlogged,maintenance.unlogged_table,"DBV(r1001, s1001) ESP HDI",only where something durable relies on it
147,maintenance.table_empty,maintenance.table_empty,PIH PFA SCC ID RPE HPE,"one row per schema, off by default"
148,maintenance.table_unused,maintenance.table_unused,PL PGH PFA AZ ID,needs a window of 90 days and no standby; tables that keys refer to are left alone
149,maintenance.catalog_bloat,maintenance.catalog_bloat,DE,"measured on pages, with the churn that causes it"
150,maintenance.schema_count,maintenance.schema_count,HDI PGH(issue),off by default
151,security.search_path_mutable,security.search_path_mutable,SP ESP PGE,"SECURITY DEFINER only, callable by others; also a path with a schema that others may write; the fix does not name such a schema"
152,security.definer_executable,security.definer_executable,SP,"tells default grants from given ones, trigger functions and closed schemas; lists what the body reaches"
153,security.dynamic_sql_injection,,PLC PGE,needs the text of a string that exists at run time only; plpgsql_check looks for it
154,security.definer_view,security.definer_view,SP,follows views over views and prints the path; owners that policies bind are left alone; materialized views too
155,schema.function_volatility,schema.function_volatility,PLC,"SQL functions by their analysed body, where the label keeps the planner from folding them"
156,schema.function_hidden_cast,,PLC,casts inside of PL/pgSQL need its compiler: plpgsql_check
157,schema.function_unused_variable,,PLC,unused variables need the compiler of PL/pgSQL: plpgsql_check
158,schema.function_error,schema.function_broken,PLC,SQL functions without an extension; nothing is executed
159,schema.function_slow,schema.function_slow,PGP PCL,by share of the time of all functions
160,schema.matview_no_unique_index,schema.matview_no_unique_index,PGE,"names a column that statistics say is unique, with the check to run before"
161,schema.temporary_object_use,maintenance.catalog_bloat,ESP PGP,merged: temporary tables in a hot path are seen by what they leave in the catalogs
162,security.rls_off_exposed,security.rls_off_beside,SP SL,"which schema is exposed is not known here; fires where siblings are kept apart by a column that this table has, and writes the policy"
163,security.policy_rls_off,security.policy_rls_off,SP,low where nobody has been granted anything
164,security.rls_no_policy,security.rls_no_policy,SP,only where somebody was granted rights
165,security.policy_always_true,security.policy_always_true,SP,"high where it makes narrower policies void, which no peer looks for"
166,security.policy_initplan,security.policy_initplan,SP,"from the tree in the catalog, with the rewritten policy; built-in functions are info"
167,security.policy_many_permissive,security.policy_many_permissive,SP,"one row per table, from three policies"
168,security.policy_user_metadata,security.policy_user_metadata,SP,"constants of the tree, names configurable"
169,security.definer_key_exposed,security.sensitive_column_public,SP,by effective column privileges of PUBLIC in an open schema; names configurable
170,security.extension_in_public,security.public_create,SP,merged: an extension in a schema is a danger when others may create objects there
171,security.extension_outdated,security.extension_outdated,SP PAI PDB,only where a path of update scripts exists
172,security.public_create,security.public_create,PL,high where a definer function of a superuser searches the schema
173,security.owner_superuser,security.owner_superuser,PL,"off by default, one row per schema; the real hole is security.superuser_runs_foreign_code"
174,security.default_privileges_missing,security.grant_missing_beside,PL DE,off by default; names the tables that a role lacks beside those it has
175,security.password_method,security.password_method,PL WIK PFA(listen '*'),by who can reach the line; MD5 passwords are counted; says what it may not read
176,security.role_never_logs_in,,PFA,PostgreSQL does not record logins: a role that never logged in looks like one that is pooled elsewhere
177,security.ssl_off,security.ssl_off,RPE CP,only on a server that other machines can reach
178,security.grant_all,security.granted_to_public,ESP SP,one row per schema and set of privileges
179,query.select_star,query.select_star,SQC ESP ID KAR(implicit columns),off by default; stars in EXISTS and subqueries do not count
180,query.deep_offset,query.deep_offset,ID (recalled),"by values given or sampled, or by the spread of times"
181,query.limit_missing,query.missing_limit,ESP PFA DD,"rows are counted, so that statements that return few are left alone"
182,query.not_in_nullable,query.not_in_nullable,WIK ESP PFA(LOW) SQC,"constraints, IS NOT NULL in the subquery and outer joins are understood"
183,query.leading_wildcard,query.leading_wildcard,ESP ID SQC(pattern matching) KAR(poor man's search),by constants and by values given or sampled; small tables are left alone
184,query.function_on_column,query.function_on_column,DD(function in filter) ESP partly,the planner prices an index on the expression; else only where an index on the column is lost
185,query.cast_on_column,query.cast_on_column,PLC(functions) DD,priced likewise; the range of a day is named where no index can have the cast
186,query.implicit_cast,query.implicit_cast,PLC (inside functions) only,"from the analysed tree, priced by the planner"
187,query.arithmetic_on_column,query.function_on_column,,merged: arithmetic is an expression around the column
188,query.or_across_columns,query.or_across_columns,SQC ESP(prefer-in-list),only where it reads most of the table for few of its rows
189,query.huge_in_list,query.long_in_list,,elements are counted in the tree
190,query.n_plus_one,query.n_plus_one,"PFA (high calls, low value)","ties the statement to the one whose rows it follows, over windows of history"
191,query.row_at_a_time_insert,query.row_at_a_time_insert,"PFA (WAL per call), indirectly",per transaction and per second over windows of history
192,query.count_polling,query.counting_poll,,"by its share of the time, and only where it runs again and again"
193,query.exists_as_count,query.count_for_existence,,"from the tree, with the number unknown where it was taken out"
194,query.order_by_random,query.order_by_random,SQC(ORDER BY RAND) KAR(random selection),any volatile key without a column
195,query.union_not_all,query.union_distinct,SQC,says that it cannot know whether the parts overlap
196,query.distinct_hides_join,query.distinct_after_join,SQC,"only without groups, from a hundredth of the time on"
197,query.cartesian,query.cross_join,ESP SQC,"functions, LATERAL and subqueries of one row are no such items"
198,query.null_comparison,query.null_comparison,ESP SQC(NULL usage) KAR(fear of the unknown),where the constant is still there
199,query.between_timestamps,,WIK,BETWEEN and two comparisons are the same tree; whether the upper bound is meant to be in is not known
200,query.optional_filter,query.optional_filter,,"from the tree; low, since the way it is sent decides"
201,query.group_by_ordinal,,ESP SQC ID,grouping by position is a matter of taste and changes no plan
202,query.too_many_joins,query.too_many_joins,SQC KAR,against join_collapse_limit instead of a number
203,query.unused_left_join,,,"whether a joined table is needed is what the planner proves; where it cannot, names do not tell either"
204,query.recursive_no_limit,,ESP,whether a recursion ends depends on the data
205,query.update_no_where,query.write_without_where,ESP,small tables are left alone
206,query.update_key,query.key_updated,ESP(no-update-primary-key),columns of the primary key; what is set to itself is in query.column_set_to_itself
207,query.temp_spill,query.temp_spill,PFA PGD RPE PGP PAI PCL,bytes per call of a statement instead of files of a database
208,query.low_cache_hit,query.low_cache_hit,PGH RPE HPE HDI PGD CP PFA,time that was spent on reading instead of a ratio
209,query.time_top,,RPE HPE PGH PDB PAI PFA PGP AZ DD HDI,the greatest share of the time is no fault; severities of rules about statements grow with it
210,query.time_variance,query.plan_flip,PFA AZ PGP,"two recorded plans at equal numbers of rows and equal estimated cost; without them windows of history at equal numbers of rows, so that parameters explain less"
211,query.plan_time,query.plan_time,PGP,against the execution of the same statement
212,query.jit_cost,query.jit_cost,PGP,"against the execution of the same statement, with what could be saved per day"
213,query.wal_per_call,,PFA PGP PAI,bytes of write-ahead log are what a change costs; index.rarely_used and maintenance.hot_updates_low name what makes it more
214,query.regression,query.plan_flip,DD AZ(degrading) PAI(baseline) PGP(compare),merged: changes of the time per call between windows; what became of applied findings is in dbadvisor.outcome
215,query.high_reads_per_call,index.missing,PFA PGP,merged: the planner says whether fewer pages would do
216,query.locking_subquery_limit,,ESP,"a subquery with LIMIT and FOR UPDATE is right for queues with SKIP LOCKED, and which it is for is not known"
217,activity.long_query,maintenance.statement_long,PGH PFA DD CP HDI HPE,"what reports its progress and what waits for a lock is told apart; the application and role can have a limit of their own"
218,activity.idle_in_transaction,maintenance.session_idle,PFA PGH CP HDI PGD PAI,"what the transaction holds decides: locks that stop writers, the horizon of VACUUM; query.idle_in_transaction counts the time over windows of history"
219,activity.blocking_chain,maintenance.session_blocks,PDB DD RPE HPE HDI CP PFA,"the root of the chain with all that wait for it, directly and through others, prepared transactions included; maintenance.replay_held does it for the replay of a standby"
220,activity.long_transaction,maintenance.horizon_held,CP PAI HDI PGP,what a long transaction harms is the horizon
221,activity.connections,maintenance.connections_scarce,PGH PGD CP PFA HDI,"against what is not reserved, and the limits of databases and roles, with who has them; dbadvisor.pool_size() says how large a pool has to be"
222,activity.idle_sessions,,PFA,an idle session outside of a transaction costs a process; poolers keep them on purpose
223,activity.abandoned_fatal,,PGD PGP,"sessions that end badly are in the log of the server, with their reason"
224,activity.session_guards,settings.dead_clients_unnoticed,PGD,"only where clients of other machines connect; idle transactions are in query.idle_in_transaction"
225,activity.lock_queue_ddl,maintenance.session_blocks,PDB DD,"merged: the chain goes through the waiting command to whom it waits for"
226,activity.deadlocks_conflicts,,PGP PGM PCL,"deadlocks are in the log of the server, with the statements"
227,statistics.column_missing,statistics.column_missing,PDB IOG(is_na),"only columns that an index, key or extended statistics use, of types that can be compared"
228,statistics.target_low,statistics.target_too_low,,planned again with statistics of the finer target
229,statistics.extended_missing,statistics.extended_missing,"knizhnik/online_advisor, EDB (see index-advisors.md)",planned again under the sampled figures; advised only where the plan changes
230,statistics.ndistinct_wrong,statistics.ndistinct_wrong,,"refuted by a unique index over several columns, without reading a row"
231,statistics.expression_missing,statistics.extended_missing,,expressions of recorded statements are measured as columns are
232,migration.index_not_concurrent,,SQ ESP SL(produces it),"reads scripts of migrations, which are not in the database; CONCURRENTLY is in our own statements wherever the server allows it"
233,migration.constraint_not_not_valid,,SQ ESP,"reads scripts of migrations, which are not in the database; NOT VALID and VALIDATE are in our own statements wherever the server allows it"
234,migration.type_change,,SQ ESP,"reads scripts of migrations, which are not in the database; what rewrites is said in the impact of each type change"
235,migration.not_null_default,,SQ ESP,"reads scripts of migrations, which are not in the database; SET NOT NULL goes through a check that is validated in ours"
236,migration.destructive,,SQ ESP,"reads scripts of migrations, which are not in the database; nothing of ours drops data without saying so in safety"
237,migration.no_timeouts,,SQ,"reads scripts of migrations, which are not in the database; lock timeouts are set by who applies; dbadvisor.lock_timeout bounds what we lock ourselves"
238,migration.generated_column,,SQ,"reads scripts of migrations, which are not in the database; we propose no stored generated columns"
239,migration.enum_ordering,,SQ,"reads scripts of migrations, which are not in the database; we propose no values of enums"
240,server.checksums_settings_drift,,CP,a comparison of servers needs the other server; drift between tables of one database is in security.rls_off_beside and grant_missing_beside
241,server.version_old,maintenance.server_version_old,PGD PAI CP,major versions by the versioning policy; whether a minor version is the newest cannot be known without asking elsewhere
242,server.slots_inactive,replication.slot_inactive,PGD PGH PFA CP PAI,"by the WAL that it keeps and the dead rows that it holds, with the date on which the disk is full"
243,server.replication_lag,replication.standby_lagging,PGH PGD CP,"in bytes by step, against the measured rate of WAL, and by the age of the last answer: the time columns stand still on a dead link"
244,server.archive_failing,replication.archiver_failing,CP PFA(WAL 90 %) PGP,"with the files that wait and the hours until the disk is full; replication.archive_behind and replication.archive_fake tell of archives that only seem to work"
245,server.defaults,settings.shared_buffers_size,RPE PDB(t1) PAI,"a default is no fault by itself: the rules settings.* fire where counters show what it costs"
246,server.disk_low,,DD CP,"dbadvisor.host shows the free space of each directory; rules about slots and archiving tell when WAL fills the disk"
247,server.checkpoint_pressure,settings.checkpoints_requested,PGP PCL PAI,"only where the measured rate of WAL explains it; the value is computed from the rate"
248,server.encoding_sql_ascii,maintenance.encoding_sql_ascii,WIK,only where there are columns of text
249,server.collation_version,index.collation_changed,,names the indexes that depend on it and rebuilds them before the version is refreshed
\.
