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
7,index.redundant_reversed,index.duplicate,PIH RPE PDB DE PAI DBV flag it by accident,NULLS FIRST and LAST count; several keys only when all are reversed
8,index.redundant_include,index.redundant,PIH PDB DE PGX PAI PL,"included columns count, plans decide"
9,index.redundant_partial,index.redundant,DBV(i1005) PL by accident,predicates are compared by implication
11,index.unused,index.unused,SP PL PGH RPE HPE PIH PDB DE PGX PFA PGD PAI PAS PLN AZ PCL ID DD CYB,"window, standbys, constraints, clustering, replica identity and the statistics of expressions are guards"
19,index.bloat_btree,index.bloated,IOG PGH RPE HPE PGX PGD CP PIH PAI PDB(b2) PFA PCL HDI,"size of a new build is predicted with duplicates and fill factor, not from widths alone"
20,index.bloat_exact,index.bloated,"PDB(b3,b4) PGX keithf4/pg_bloat_check","the prediction is confirmed on a sample of pages, with an interval, instead of reading all; dbadvisor.measure_bloat() shows both"
34,index.missing_by_seq_scan,index.missing,PIH PGH PGX PGD PFA DE PLN HPE RPE DD DTA,the planner prices candidates for recorded statements; counts of sequential scans prove nothing
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
130,maintenance.autovacuum_throttled,,PAI PGD,a matter of settings: advised where settings are
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
142,maintenance.table_large,,PFA PGP AZ,size alone is no reason; partitioning is advised where plans and retention gain by it
143,maintenance.partition_candidate,,PGD,see 142
144,maintenance.partition_key_unused,,PGD,belongs to partitioning: decided by planning the recorded statements
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
227,statistics.column_missing,statistics.column_missing,PDB IOG(is_na),"only columns that an index, key or extended statistics use, of types that can be compared"
228,statistics.target_low,statistics.target_too_low,,planned again with statistics of the finer target
229,statistics.extended_missing,statistics.extended_missing,"knizhnik/online_advisor, EDB (see index-advisors.md)",planned again under the sampled figures; advised only where the plan changes
230,statistics.ndistinct_wrong,statistics.ndistinct_wrong,,"refuted by a unique index over several columns, without reading a row"
231,statistics.expression_missing,statistics.extended_missing,,expressions of recorded statements are measured as columns are
240,server.checksums_settings_drift,,CP,a comparison of servers needs the other server; drift between tables of one database is in security.rls_off_beside and grant_missing_beside
241,server.version_old,maintenance.server_version_old,PGD PAI CP,major versions by the versioning policy; whether a minor version is the newest cannot be known without asking elsewhere
246,server.disk_low,,DD CP,free disk space is not visible from inside the database
248,server.encoding_sql_ascii,maintenance.encoding_sql_ascii,WIK,only where there are columns of text
\.
