-- What a stored rate makes of a quantity, to derive a charge again: the term of its columns, and of a formula what it came to.
-- p_times: what the price is multiplied by. Tiers for different quantities are brought to the product of them, which is exact.
CREATE FUNCTION pricing_rate_charge_v1(
    p_rate bigint, p_quantity numeric, p_covered numeric, p_counted numeric, p_formula_price numeric, p_formula_per numeric,
    p_times numeric DEFAULT 1
) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_rate pricing_rate;
    v_prices numeric[];
    v_pers numeric[];
    v_per numeric := 1;
    v_price numeric;
BEGIN
    SELECT * INTO STRICT v_rate FROM pricing_rate WHERE id = p_rate;
    IF v_rate.formula <> '' THEN
        RETURN pricing_charge_v1(
            p_quantity, p_covered, 0, '{0}', ARRAY[CASE WHEN p_times = 0 THEN 0 ELSE p_formula_price * p_times END],
            coalesce(p_formula_per, 1), v_rate.minimum, v_rate.rounding);
    END IF;
    v_pers := v_rate.per || v_rate.tier_pers;
    FOR n IN 1 .. cardinality(v_pers) LOOP
        v_price := (v_rate.tokens || v_rate.tier_prices)[n] * p_times;
        IF v_rate.tier_mode <> 'package' THEN
            v_per := v_per * v_pers[n];
            FOR other IN 1 .. cardinality(v_pers) LOOP
                v_price := v_price * CASE WHEN other = n THEN 1 ELSE v_pers[other] END;
            END LOOP;
        END IF;
        v_prices := v_prices || v_price;
    END LOOP;
    RETURN pricing_charge_v1(
        p_quantity, p_covered, p_counted, 0::numeric || v_rate.tier_bounds, v_prices, v_per, v_rate.minimum, v_rate.rounding,
        nullif(v_rate.tier_mode, ''), v_pers);
END
$$;
-- reverse:
DROP FUNCTION pricing_rate_charge_v1(bigint, numeric, numeric, numeric, numeric, numeric, numeric);
