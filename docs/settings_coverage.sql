-- Which rule covers a check of settings, replication and backups, for docs/rules.sql.
--
-- The identifiers are those of a survey of what can be wrong with replication (REP),
-- backups (BAK), WAL and checkpoints (CKP), memory (MEM), the planner (PLN), parallel
-- workers (PAR), VACUUM (VAC), connections (CON), configuration (CFG), the log (LOG)
-- and access (SEC).  Each line: identifier, check, our rules separated by blanks
-- (empty where there is none), and a remark, or why there is none.
COPY settings_coverage (id, name, rules, note) FROM STDIN (FORMAT csv);
REP-01,inactive slot retains WAL,replication.slot_inactive,"by what it retains and the hours until the disk is full"
REP-02,slot is lost,replication.slot_lost,
REP-03,unlimited retention,replication.slot_retention_unlimited,
REP-04,limit below what is retained,replication.slot_retention_unlimited,"a guard in dbadvisor.setting_change(): no printed value is below 1.2 times what slots retain"
REP-05,slot close to loss,replication.slot_near_loss,
REP-06,standby without slot,replication.standby_without_slot replication.standby_vanished,"one that is gone leaves no trace on its primary but in the history"
REP-07,standby does not stream,replication.standby_lagging,"merged: what it is behind, at which rate, and how long it has been silent"
REP-08,where the lag is,replication.standby_lagging,by the step that holds the WAL
REP-09,dead peer not noticed,replication.standby_lagging,by the age of the last answer
REP-10,queries on a standby cancelled,replication.standby_conflicts maintenance.replay_held,
REP-11,feedback holds back VACUUM,maintenance.horizon_held,
REP-12,slot without standby holds rows,replication.slot_inactive,
REP-13,synchronous standby missing,replication.sync_standby_missing,
REP-14,no spare synchronous standby,replication.sync_standby_no_spare,
REP-15,wrong peer counts as synchronous,replication.sync_standby_wrong,
REP-16,contradictory synchronous settings,replication.sync_setting_ignored,
REP-17,anonymous standbys,replication.standby_name_ambiguous,
REP-18,recovery paused by smaller settings,replication.standby_settings_low,
REP-19,next restart breaks replication,replication.standby_settings_low settings.pending_restart,the order of changes is in the impact of each
REP-20,standby attached to nothing,replication.standby_detached,
REP-21,receiver of WAL fails again and again,replication.standby_detached,
REP-22,places for senders nearly used,replication.places_short,
REP-23,places for slots nearly used,replication.places_short,
REP-24,wal_level,replication.copy_missing replication.wal_level_unneeded,"minimal only where nothing else keeps a copy, logical only where nothing was decoded for a week"
REP-25,pg_rewind impossible,replication.rewind_impossible,
REP-26,rewind right after a promotion,,"a matter of the minutes after a failover: nothing in the database says that pg_rewind is about to be run; the guide tells of it"
REP-27,timeouts,replication.timeout_unsafe,off or below ten seconds; what single answers took is not recorded
REP-28,delayed standby,replication.delay_unsafe replication.sync_setting_ignored,whether it is a candidate for failover is not known
REP-29,standby that cannot be read,,"a server with hot_standby = off takes no connection, so nothing in it can look, and the primary is not told"
REP-30,cascading,replication.standby_without_slot replication.standby_lagging,"each node has its own: a primary does not see standbys of a standby"
REP-31,login for replication,replication.login_unsafe security.password_method security.ssl_off,lines of pg_hba.conf are in security.password_method
REP-32,published table without replica identity,schema.replica_identity_missing,
REP-33,REPLICA IDENTITY FULL,,"what it costs is paid on the subscriber, whose indexes are not seen here; there index.missing and query.* look at its statements"
REP-34,sequences are not replicated,,"of interest when a switchover is planned, which is not known; not a fault before"
REP-35,apply worker fails again and again,replication.subscription_failing,
REP-36,subscription disabled,replication.subscription_failing replication.slot_inactive,
REP-37,conflicts of logical replication,replication.subscription_failing,"those that stop the subscription; conflicts that PostgreSQL 18 counts and resolves itself are in pg_stat_subscription_stats"
REP-38,logical decoding spills,settings.logical_decoding_spills,"from history, with the mean transaction that was spilled"
REP-39,logical slot lost at failover,replication.logical_slot_not_failover,
REP-40,copied slot not ready,replication.slot_sync_incomplete,one look; how long it has been so is not recorded
REP-41,synchronized_standby_slots,replication.synchronized_slot_missing,
REP-42,prerequisites of copying slots,replication.slot_sync_incomplete,
REP-43,limits of workers on a subscriber,replication.subscription_workers_short,"max_active_replication_origins of PostgreSQL 18 is refused with an error of its own"
REP-44,idle slots never end,replication.slot_idle_unbounded,
REP-45,output plugin not allowed,replication.plugin_refused,
REP-46,preconditions of pg_createsubscriber,,"the program checks them itself, with --dry-run"
REP-47,restart_after_crash under a manager,,left to who manages the cluster
REP-48,sequences jump at a failover,,"by design, up to 32 values; nothing to change"
REP-50,recovery_target_timeline,replication.timeline_fixed,
REP-51,smaller host of a standby,,"needs facts about the machine of the other node, which dbadvisor.node does not bring"
REP-52,no redundancy,replication.copy_missing,"says what is not seen, not what is not there"
REP-54,standby by archive only,replication.standby_detached,
REP-56,slots on a standby,replication.slot_inactive,
REP-58,forgotten prepared transactions,maintenance.transaction_prepared,
REP-59,who manages the cluster,,"no fault: dbadvisor.cluster_manager() tells, and statements are printed in its words"
BAK-01,no recovery to a point in time,replication.copy_missing,
BAK-02,archiver fails,replication.archiver_failing,
BAK-03,archive is behind,replication.archive_behind,
BAK-04,archive_timeout,replication.unarchived_long,only where nobody receives WAL as a stream
BAK-05,archive that keeps nothing,replication.archive_fake,
BAK-06,age of the last backup,replication.backup_unseen,by the file that a backup leaves in pg_wal
BAK-07,incremental backups not possible,,"whether incremental backups are wanted is not known; dbadvisor.setting_change('summarize_wal', 'on') says how"
BAK-08,one disk for all,,"dbadvisor.host shows the device of the data and of pg_wal; where an archive is, its command does not say"
BAK-10,checksums,settings.checksums_off,
BAK-11,durability off,settings.durability_off,
BAK-12,archive_mode = always,,"right where each node has an archive of its own, wrong where they share one, which is not known"
BAK-13,time to recover,,"no fault without an objective: dbadvisor.recovery_objectives(rpo, rto)"
BAK-14,what an objective needs,,"dbadvisor.recovery_objectives(rpo, rto) and dbadvisor.wal_capacity(outage)"
CKP-01,checkpoints forced by WAL,settings.checkpoints_requested,
CKP-02,checkpoint_completion_target,settings.checkpoint_spread,
CKP-03,WAL of page images,settings.wal_page_images,
CKP-04,compression of WAL,settings.wal_page_images,
CKP-05,wal_buffers,settings.wal_buffers_full,
CKP-06,sessions write pages,settings.backends_write_pages,
CKP-07,background writer stops early,settings.backends_write_pages,only where sessions write instead: alone it is no harm
CKP-08,checkpoints wait for the disk,settings.checkpoint_sync_slow,
CKP-09,log_checkpoints,settings.log_blind,only where checkpoints come on request
CKP-10,min_wal_size,settings.wal_files_created,
CKP-12,pg_wal larger than its limits,replication.slot_inactive replication.slot_near_loss replication.archiver_failing replication.archive_behind,by the cause; dbadvisor.wal_disk() has the size
CKP-13,checkpoint_warning,settings.log_blind,only where checkpoints come on request
MEM-01,shared_buffers too small,settings.shared_buffers_size,only where pages are read all the time
MEM-02,shared_buffers too large,settings.shared_buffers_size,
MEM-03,effective_cache_size,settings.effective_cache_size,only where tables are so large that the planner's formula asks for it
MEM-04,sorts and hashes spill,query.temp_spill settings.work_mem_spills,"few statements are named, many get a larger work_mem as far as the memory allows"
MEM-05,memory overcommitted,settings.memory_overcommitted,by sessions that were there instead of max_connections
MEM-06,memory of VACUUM,settings.maintenance_work_mem_small,
MEM-07,huge pages,settings.huge_pages_unused,
MEM-08,kernel settings of memory,,"they are the machine's, often another container's as well; the server works with any of them"
MEM-11,small caches of transaction states,settings.slru_small,
PLN-01,random_page_cost,settings.random_page_cost,by the measured time of a read: virtual disks claim to rotate
PLN-02,effective_io_concurrency,settings.io_concurrency_low,
PLN-03,methods of the planner switched off,settings.planner_method_off,
PLN-05,JIT,query.jit_cost,by statement
PLN-06,asynchronous I/O,,"how long requests wait for an I/O worker is counted nowhere; pg_aios shows a moment only"
PAR-01,places for workers,settings.worker_places_short,only where workers that stay leave none for a query: defaults do not add up either
PAR-02,parallel workers not launched,settings.parallel_workers_short,counted from PostgreSQL 18 on
VAC-01,autovacuum off,maintenance.autovacuum_off,
VAC-02,scale factor too coarse,maintenance.scale_factor_large_table,dbadvisor.autovacuum_settings() by the rate of changes
VAC-03,tables that are only inserted into,maintenance.insert_only_not_frozen,
VAC-04,VACUUM throttled,settings.autovacuum_saturated,with what the cost limit lets it write per second
VAC-05,workers saturated,settings.autovacuum_saturated,
VAC-06,transaction ids run out,maintenance.wraparound,
VAC-07,multixacts run out,maintenance.wraparound,
VAC-08,who holds the horizon,maintenance.horizon_held,
VAC-09,indexes vacuumed more than once,settings.maintenance_work_mem_small,
VAC-10,statistics stale,statistics.stale,
VAC-12,truncation conflicts,replication.standby_conflicts,
CON-01,connections near the limit,maintenance.connections_scarce,
CON-02,limit far too large,settings.connections_unused,
CON-03,pool needed,architecture.pooler_due,dbadvisor.pool_size() says how large
CON-04,connections come and go,architecture.pooler_due,
CON-05,idle in transaction,query.idle_in_transaction maintenance.session_idle,
CON-06,clients that are gone,settings.dead_clients_unnoticed,
CON-10,table of locks,settings.lock_table_small,
CON-11,max_prepared_transactions unused,settings.connections_unused,
CFG-01,change waits for a restart,settings.pending_restart,
CFG-02,errors in files,settings.file_not_applied,
CFG-03,overridden,settings.file_not_applied,"where the command line wins; a line that ALTER SYSTEM overrides is as it should be"
CFG-04,roles and databases with values of their own,,"no fault: the impact of each change names them"
CFG-05,minor version,maintenance.server_version_old,"the newest minor version cannot be known without asking elsewhere"
LOG-01,settings of the log,settings.log_blind,only what would explain something that is counted
SEC-01,ssl off,security.ssl_off,
SEC-02,MD5 passwords,security.password_method,
SEC-03,open pg_hba.conf,security.password_method,
\.
