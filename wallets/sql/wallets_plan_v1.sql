-- Which of these grants, in their order, pay for which items, drawn one after the other in the order sent. Looks at nothing else.
-- draws: a grant's place is that of its first drawing; where it pays twice, its late tokens (the expiry was booked, the usage is older)
-- come right after its remaining ones, as they do in p_grants.
-- uncovered: tokens of each item that no grant pays; short: their sum. available_after: free tokens in force after the draws.
CREATE TYPE wallets_drawing AS (grant_id uuid, kind text, tokens numeric, late boolean, first_item integer);
CREATE TYPE wallets_plan AS (draws wallets_drawing[], uncovered numeric[], short numeric, available_after numeric);
CREATE FUNCTION wallets_plan_v1(p_grants wallets_candidate[], p_features text[], p_tokens numeric[]) RETURNS wallets_plan
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_grant wallets_candidate;
    v_free numeric;
    v_take numeric;
    v_tokens numeric;
    v_by integer;
    v_draws wallets_drawing[] := '{}';
    v_uncovered numeric[] := p_tokens;
    v_short numeric := 0;
    v_available numeric := 0;
BEGIN
    FOREACH v_tokens IN ARRAY p_tokens LOOP
        v_short := v_short + v_tokens;
    END LOOP;
    FOREACH v_grant IN ARRAY p_grants LOOP
        v_free := v_grant.free;
        IF v_short > 0 AND v_grant.pays THEN
            v_by := NULL;
            FOR v_item IN 1 .. cardinality(v_uncovered) LOOP
                v_take := least(v_free, v_uncovered[v_item]);
                CONTINUE WHEN v_take = 0
                    OR (NOT v_grant.is_unrestricted AND NOT wallets_feature_matches_v1(v_grant.features, p_features[v_item]));
                v_uncovered[v_item] := v_uncovered[v_item] - v_take;
                v_free := v_free - v_take;
                v_by := coalesce(v_by, v_item);
            END LOOP;
            IF v_by IS NOT NULL THEN
                v_short := v_short - v_grant.free + v_free;
                IF v_grant.late AND v_draws[cardinality(v_draws)].grant_id = v_grant.id THEN
                    v_by := v_draws[cardinality(v_draws)].first_item;    -- the grant's own place, whichever of its tokens pay
                END IF;
                v_draws := v_draws || ROW(v_grant.id, v_grant.kind, v_grant.free - v_free, v_grant.late, v_by)::wallets_drawing;
            END IF;
        END IF;
        IF v_grant.counts THEN
            v_available := v_available + v_free;
        END IF;
    END LOOP;
    IF cardinality(p_tokens) > 1 AND cardinality(v_draws) > 1 THEN
        v_draws := (
            SELECT array_agg(ROW(grant_id, kind, tokens, late, first_item)::wallets_drawing ORDER BY first_item, n)
            FROM unnest(v_draws) WITH ORDINALITY AS d (grant_id, kind, tokens, late, first_item, n));
    END IF;
    RETURN ROW(v_draws, v_uncovered, v_short, v_available)::wallets_plan;
END
$$;
-- reverse:
DROP FUNCTION wallets_plan_v1(wallets_candidate[], text[], numeric[]);
DROP TYPE wallets_plan;
DROP TYPE wallets_drawing;
