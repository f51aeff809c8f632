-- What the units of a line cost by tiers, before minimum and rounding (pricing_tiers_v1 tells each tier's part).
-- Fails where the tiers are not in form (pricing_tiers_in_form_v1). Assignments in a loop: a query over the tiers takes six to twelve times as long.
CREATE FUNCTION pricing_tiered_v1(
    p_units numeric, p_counted numeric, p_bounds numeric[], p_prices numeric[], p_mode text, p_packs numeric[]
) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_tiers integer := cardinality(p_bounds);
    v_is_in_form boolean := p_mode IN ('graduated', 'volume', 'package') AND v_tiers BETWEEN 1 AND 50 AND p_bounds[1] = 0
        AND cardinality(p_prices) = v_tiers AND (p_mode <> 'package' OR cardinality(p_packs) = v_tiers)
        AND p_counted >= 0 AND p_counted < 'Infinity';
    v_from numeric;    -- where in the month the line's units of the tier begin
    v_to numeric;
    v_cost numeric := 0;
BEGIN
    FOR n IN 1 .. coalesce(v_tiers, 0) LOOP
        v_is_in_form := v_is_in_form AND p_prices[n] >= 0 AND p_prices[n] < 'Infinity' AND p_bounds[n] < 'Infinity'
            AND (n = v_tiers OR p_bounds[n + 1] > p_bounds[n])
            AND (p_mode <> 'package' OR (p_packs[n] > 0 AND p_packs[n] < 'Infinity'));
        v_from := greatest(p_counted, p_bounds[n]);
        v_to := least(p_counted + p_units, p_bounds[n + 1]);
        CONTINUE WHEN v_to <= v_from OR v_is_in_form IS NOT TRUE;
        v_cost := CASE p_mode
            WHEN 'graduated' THEN v_cost + p_prices[n] * (v_to - v_from)
            WHEN 'volume' THEN p_prices[n] * p_units    -- the last tier that the line touches is the one it reaches
            ELSE v_cost + p_prices[n] * (div(v_to - p_bounds[n], p_packs[n]) + sign(mod(v_to - p_bounds[n], p_packs[n]))
                                         - div(v_from - p_bounds[n], p_packs[n]) - sign(mod(v_from - p_bounds[n], p_packs[n])))
            END;
    END LOOP;
    IF v_is_in_form IS NOT TRUE THEN
        RAISE EXCEPTION 'no price by tiers for mode %, counted %, bounds %, prices %, packs %',
            p_mode, p_counted, p_bounds, p_prices, p_packs USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN v_cost;
END
$$;
-- reverse:
DROP FUNCTION pricing_tiered_v1(numeric, numeric, numeric[], numeric[], text, numeric[]);
