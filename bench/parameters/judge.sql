-- Judge the advice of a case; see run.sh.
CREATE EXTENSION pg_trgm;

CREATE TABLE bench.verdict (
	name text PRIMARY KEY,
	expected text[] NOT NULL,
	advised text[] NOT NULL,
	parameters text,
	cost_before float8,
	cost_expected float8,
	cost_advised float8,
	useless boolean,
	right_advice boolean);

-- Cost of a statement with its values.
CREATE FUNCTION bench.cost_of(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Total Cost';
END
$$;

-- Mean cost of the statements of the case with these indexes built, which are
-- gone afterwards.
CREATE FUNCTION bench.mean_cost(indexes text[]) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	definition text;
	mean float8;
BEGIN
	FOREACH definition IN ARRAY indexes LOOP
		EXECUTE definition;
	END LOOP;
	-- statistics of expressions come with ANALYZE
	IF indexes::text ~ '\(\(|lower' THEN
		ANALYZE;
	END IF;
	SELECT avg(bench.cost_of(d.statement)) INTO mean FROM the_case.draw d;
	RAISE EXCEPTION USING ERRCODE = 'BE000', MESSAGE = mean;
EXCEPTION
	WHEN SQLSTATE 'BE000' THEN
		RETURN SQLERRM;
END
$$;

-- Would the advice be as good without one of its indexes?
CREATE FUNCTION bench.is_useless(indexes text[], cost float8) RETURNS boolean LANGUAGE sql AS $$
	SELECT coalesce(bool_or(bench.mean_cost(array_remove(indexes, i)) <= cost * 1.005), false)
	  FROM unnest(indexes) i;
$$;

CREATE FUNCTION bench.judge(case_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	v bench.verdict;
BEGIN
	v.name := case_name;
	v.cost_before := bench.mean_cost('{}');
	SELECT a.indexes, a.cost INTO v.expected, v.cost_expected
	  FROM (SELECT indexes, bench.mean_cost(indexes) AS cost FROM the_case.alternative) a
	 ORDER BY a.cost
	 LIMIT 1;
	IF v.cost_expected IS NULL OR v.cost_expected > v.cost_before * 0.9 THEN
		v.expected := '{}';
		v.cost_expected := v.cost_before;
	END IF;
	SELECT coalesce(array_agg(replace(s.definition, 'CONCURRENTLY ', '') ORDER BY s.step), '{}')
	  INTO v.advised
	  FROM dbadvisor.search_indexes() s
	 WHERE s.step > 0;
	SELECT string_agg(DISTINCT w.parameters, ', ') INTO v.parameters
	  FROM dbadvisor.workload w
	 WHERE w.state = 'plannable' AND w.parameters IS NOT NULL;
	v.cost_advised := bench.mean_cost(v.advised);
	v.useless := bench.is_useless(v.advised, v.cost_advised);
	v.right_advice := v.cost_advised <= v.cost_expected * 1.1 AND NOT v.useless
		AND (cardinality(v.advised) = 0) = (cardinality(v.expected) = 0);
	INSERT INTO bench.verdict SELECT v.*;
END
$$;

-- Indexes without what is the same in all definitions.
CREATE FUNCTION bench.short(indexes text[]) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg('`' || regexp_replace(regexp_replace(i,
		                           '^CREATE INDEX (\S+ )?ON ', ''),
		                           'the_case\.|USING btree |public\.', '', 'g') || '`', ', '), 'none')
	  FROM unnest(indexes) i;
$$;

CREATE FUNCTION bench.row_of(v bench.verdict) RETURNS text LANGUAGE sql AS $$
	SELECT format('| %s | %s | %s | %s | %s | %s | %s |', v.name, bench.short(v.expected),
	              bench.short(v.advised), round(v.cost_before), round(v.cost_expected),
	              round(v.cost_advised),
	              CASE
	              WHEN v.right_advice THEN 'right'
	              WHEN v.useless THEN 'wrong: useless index'
	              WHEN cardinality(v.advised) = 0 THEN 'wrong: missed'
	              ELSE 'wrong'
	              END);
$$;
