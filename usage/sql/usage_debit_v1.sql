-- Charge one request: lock, key, rate, price, policy, draw, write; in that order.
-- p_epoch: the rate table's, read under its shared lock, which the caller holds.
-- Outcomes: charged, overage; known (the key's first effect); stale; idempotency_key_reused, unknown_account, too_early, too_late;
-- the refusals by policy, with their denial. Nothing but the denial is written where the outcome is not charged or overage.
CREATE FUNCTION usage_debit_v1(p jsonb, p_epoch bigint, OUT outcome text, OUT answer jsonb)
LANGUAGE plpgsql
AS $$
DECLARE
    v_account uuid := (p->>'account')::uuid;
    v_product bigint := (p->>'product')::bigint;
    v_state text := wallets_account_lock_v1(v_account);
    v_now timestamptz := coalesce((p->>'now')::timestamptz, clock_timestamp());
    v_known record;
    v usage_assessment;
    v_plan wallets_plan;
    v_debit uuid;
    v_wallet uuid;
BEGIN
    SELECT s.revision, c.fingerprint, c.effect_id INTO v_known
    FROM (SELECT v_account AS account_id) AS asked
    LEFT JOIN usage_standing s ON s.account_id = v_account
    LEFT JOIN usage_claim c ON c.account_id = v_account AND c.product_id = v_product AND c.key = p->>'key';
    IF v_known.effect_id IS NOT NULL THEN
        outcome := CASE WHEN v_known.fingerprint = decode(p->>'fingerprint', 'hex') THEN 'known' ELSE 'idempotency_key_reused' END;
        answer := jsonb_build_object('id', v_known.effect_id);
        RETURN;
    END IF;
    IF v_state IS NULL THEN outcome := 'unknown_account'; RETURN; END IF;

    v := usage_assess_v1(p, p_epoch, v_state, v_known.revision, v_now);
    outcome := v.outcome;
    IF outcome IN ('insufficient_tokens', 'account_suspended') THEN
        answer := v.figures || jsonb_build_object('denial', usage_deny_v1(
            v_account, v_product, v.feature, outcome, p->>'key', usage_request_v1(p), v.figures, v_now));
    END IF;
    IF outcome NOT IN ('charged', 'overage') THEN
        answer := coalesce(answer, '{}') || jsonb_build_object('now', v_now);
        RETURN;
    END IF;

    v_plan := v.plan;
    v_debit := uuidv7();
    v_wallet := wallets_draw_v1(v_account, (p->>'unit')::bigint, v_plan, v.features, v_debit, v_now);
    WITH debit AS (
        INSERT INTO usage_debit (
            id, account_id, wallet_id, product_id, api_key_id, table_id, version_id, unit_id, epoch, outcome, tokens, overage,
            available_after, held_after, overage_after, notices, subject, metadata, occurred_at, recorded_at
        ) VALUES (
            v_debit, v_account, v_wallet, v_product, (p->>'api_key')::bigint, (p->>'table')::bigint, (p->>'version')::bigint,
            (p->>'unit')::bigint, (p->>'epoch')::bigint, outcome, v.tokens, v.uncovered,
            v_plan.available_after, v_plan.held, v_plan.owed + v.uncovered,
            CASE outcome WHEN 'overage' THEN '{overage}'::text[] ELSE '{}' END, p->'subject', p->'metadata', v.occurred_at, v_now
        )
    ), claim AS (
        INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
        VALUES (v_account, v_product, p->>'key', decode(p->>'fingerprint', 'hex'), 'debit', v_debit, v_now)
    )
    INSERT INTO usage_debitline (debit_id, account_id, position, feature_id, quantity, covered_quantity, tokens, rate_id, dimensions)
    SELECT v_debit, v_account, n, feature_id, quantity, 0, v.charges[n], rate, coalesce(dimensions, '{}')
    FROM ROWS FROM (jsonb_to_recordset(p->'lines') AS (feature_id bigint, quantity numeric, rate bigint, dimensions jsonb))
        WITH ORDINALITY AS line (feature_id, quantity, rate, dimensions, n);

    answer := jsonb_build_object(
        'id', v_debit, 'tokens', v.tokens::text, 'overage', v.uncovered::text, 'charges', v.charges::text[],
        'draws', to_jsonb(v_plan.draws),
        'available', v_plan.available_after::text, 'held', v_plan.held::text, 'owed', (v_plan.owed + v.uncovered)::text,
        'notices', CASE outcome WHEN 'overage' THEN '["overage"]'::jsonb ELSE '[]' END, 'occurred_at', v.occurred_at, 'recorded_at', v_now);
END
$$;
-- reverse:
DROP FUNCTION usage_debit_v1(jsonb, bigint);
