-- settings.logical_decoding_spills: large transactions are decoded through the disk
--
-- Fires for a logical slot that wrote more than max_spill_share of what it decoded
-- to disk, and at least min_bytes_per_hour.
SELECT dbadvisor.register_rule(
	rule => 'settings.logical_decoding_spills',
	title => 'Large transactions are decoded through the disk',
	why => 'Each change is written to files and read again before it is sent: subscribers fall behind.',
	severity => 'medium',
	thresholds => '{"window_hours": 168, "min_hours": 24, "max_spill_share": 0.1, "min_bytes_per_hour": 104857600, "margin": 1.5, "max_factor": 4}',
	doc => 'Proposed is margin times the mean transaction that was spilled, max_factor times the present value at most. Each sender of a subscription may take as much. A subscription WITH (streaming = on) gets large transactions before they have ended and spills less; parallel from PostgreSQL 16 on.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_settings_logical_decoding_spills WITH (security_invoker = true) AS
WITH counted AS MATERIALIZED (
	SELECT t.name,
		   (t.figures ->> 'spill_bytes')::double precision AS spilled,
		   (t.figures ->> 'total_bytes')::double precision AS decoded,
		   (t.figures ->> 'spill_bytes')::double precision / NULLIF((t.figures ->> 'spill_txns')::double precision, 0) AS each,
		   t.seconds,
		   t.since
	  FROM dbadvisor.server_totals('settings.logical_decoding_spills', 'slot_decoding') t
), worst AS (
	SELECT c.*,
		   dbadvisor.setting_bytes('logical_decoding_work_mem') AS present
	  FROM counted c
	 WHERE c.spilled > c.decoded * dbadvisor.threshold('settings.logical_decoding_spills', 'max_spill_share')::double precision
	   AND c.spilled / c.seconds * 3600 >= dbadvisor.threshold('settings.logical_decoding_spills', 'min_bytes_per_hour')::double precision
	 ORDER BY c.spilled DESC, c.name
	 LIMIT 1
), wanted AS (
	SELECT w.*,
		   LEAST(w.each * dbadvisor.threshold('settings.logical_decoding_spills', 'margin')::double precision,
				 w.present * dbadvisor.threshold('settings.logical_decoding_spills', 'max_factor')::double precision) AS wanted
	  FROM worst w
)
SELECT a.*
  FROM wanted w
 CROSS JOIN LATERAL dbadvisor.setting_advice(
		   rule => 'settings.logical_decoding_spills',
		   setting => 'logical_decoding_work_mem',
		   recommended => dbadvisor.megabytes_text(w.wanted),
		   title => 'Raise logical_decoding_work_mem to {value}',
		   detail => pg_catalog.format('Slot %s spilled %s %% of what it decoded, %s for each transaction.', w.name, pg_catalog.round((w.spilled / w.decoded * 100)::numeric), pg_catalog.pg_size_pretty(w.each::bigint)),
		   evidence => pg_catalog.jsonb_build_object(
						   'slot', w.name,
						   'spilled_bytes', w.spilled,
						   'decoded_bytes', w.decoded,
						   'spilled_bytes_per_transaction', pg_catalog.round(w.each::numeric),
						   'formula', 'least(margin * mean spilled transaction, max_factor * present value)',
						   'failure_prevented', 'subscribers that fall behind'),
		   effect => 'Each sender of a subscription may take so much memory.',
		   evidence_since => w.since) a
 WHERE w.wanted > 1.1 * w.present
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('settings.logical_decoding_spills') n;
COMMENT ON VIEW dbadvisor.rule_settings_logical_decoding_spills IS
'logical_decoding_work_mem, where large transactions are decoded through the disk, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_settings_logical_decoding_spills TO dbadvisor_reader;
