-- What a request would come to now, and whether policy would let it pass. Writes nothing.
-- Without an epoch it is priced as it says, whatever is in force: a draft is quoted so.
CREATE FUNCTION usage_quote_v1(p jsonb, OUT outcome text, OUT answer jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_account uuid := (p->>'account')::uuid;
    v_epoch bigint := pricing_epoch_v1((p->>'table')::bigint);
    v_state text;
    v_now timestamptz;
    v_revision bigint;
    v usage_assessment;
    v_plan wallets_plan;
BEGIN
    v_state := wallets_account_lock_v1(v_account);
    v_now := coalesce((p->>'now')::timestamptz, clock_timestamp());
    SELECT revision INTO v_revision FROM usage_standing WHERE account_id = v_account;
    v := usage_assess_v1(p, CASE WHEN p ? 'epoch' THEN v_epoch END, 'active', v_revision, v_now);
    outcome := CASE WHEN v_state <> 'active' AND v.outcome IN ('charged', 'overage', 'insufficient_tokens')
                    THEN 'account_suspended' ELSE v.outcome END;
    v_plan := v.plan;
    answer := jsonb_build_object(
        'tokens', v.tokens::text, 'overage', v.uncovered::text, 'charges', v.charges::text[],
        'draws', to_jsonb(v_plan.draws),
        'available', v_plan.available_after::text, 'held', v_plan.held::text, 'owed', (v_plan.owed + v.uncovered)::text,
        'figures', v.figures, 'occurred_at', v.occurred_at, 'now', v_now);
END
$$;
-- reverse:
DROP FUNCTION usage_quote_v1(jsonb);
