-- Charge a debit anew: give it back whole, and charge its usage in its place, by these tokens for each line. What it gives back stays with
-- grants that are over until the new charge has drawn; then it lapses. What people gave back of the usage in part is given back again, of
-- this debit or of one that stood in its place before: where the charge comes to less, all of it is.
-- Nothing refuses it; what policy would have refused is beyond policy. The caller holds the account's lock and the rate table's, and
-- knows that the debit can be charged anew (usage_correct_left_v1); it observes the account afterwards. Answers the new debit.
CREATE FUNCTION usage_correct_v1(
    p_order usage_correction_order, p_rerating bigint, p_charges numeric[], p_reason text, p_by text
) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    p usage_order := p_order.asked;
    v_now timestamptz := coalesce(p.now, clock_timestamp());
    v_old usage_debit;
    v_given numeric;    -- back of the debit by now
    v_courtesy numeric;    -- what people gave back in part of the usage, however it was charged
    v_owed numeric;    -- before anything
    v_reversal uuid;
    v_debit uuid;
    v_back record;
    v_facts usage_facts;
    v_told usage_facts;    -- what is told of the charge is told beside how it was before, not beside the moment in between
    v_change wallets_plan;
    v_features text[] := ARRAY(SELECT feature FROM unnest(p.lines));
    v_tokens numeric(24, 6);
    v_plan wallets_plan;
    v_judged usage_judged;
    v_beyond numeric;
    v_lapsed numeric;
    v_after record;
    v_outcome text;
    v_notices text[];
    v_uses usage_budget_use[];
    v_counters uuid[];
    v_again uuid;
BEGIN
    SELECT sum(charge) INTO v_tokens FROM unnest(p_charges) AS charge;
    IF p.occurred_at < v_now - interval '35 days' THEN
        PERFORM wallets_expire_v1(p.account, v_now);    -- what has expired does not pay any more, swept or not
    ELSE
        PERFORM wallets_settle_v1(p.account, v_now);
    END IF;
    v_reversal := uuidv7();    -- after what time has ended, which is found to have been before it
    v_debit := uuidv7();
    SELECT * INTO STRICT v_old FROM usage_debit WHERE id = p_order.debit AND account_id = p.account;
    SELECT coalesce(sum(tokens), 0) INTO v_given FROM usage_reversal WHERE account_id = p.account AND debit_id = v_old.id;
    SELECT coalesce(sum(r.tokens), 0) INTO v_courtesy
    FROM (SELECT p_order.root AS id UNION ALL
          SELECT replacement_id FROM usage_correction WHERE account_id = p.account AND root_id = p_order.root) AS d
    JOIN usage_reversal r ON r.account_id = p.account AND r.debit_id = d.id AND NOT r.is_whole
    WHERE NOT EXISTS (SELECT FROM usage_correction c WHERE c.account_id = p.account AND c.root_id = p_order.root AND c.courtesy_id = r.id);
    v_owed := (wallets_balance_v1(p.account, v_old.wallet_id, v_now)).overage;

    v_back := wallets_give_back_v1(p.account, v_old.id, v_old.tokens - v_given, v_reversal, v_now, true);
    SELECT * INTO STRICT v_facts FROM usage_facts_v1(p.account, p.product, p.key, p."table", p.unit, p.occurred_at, v_now);
    v_facts.grants := ARRAY(SELECT g FROM wallets_candidates_v1(
        p.account, v_facts.wallet, p.occurred_at, v_now, p.occurred_at >= v_now - interval '35 days') AS g);
    v_plan := wallets_plan_v1(v_facts.grants, v_features, p_charges);
    IF (p.rules).ladder IS DISTINCT FROM NULL THEN
        v_judged := usage_ladder_v1((p.rules).ladder, p.account, v_facts, v_plan, v_tokens, v_now);
        v_judged.buckets := NULL;    -- done long ago: no throttle holds it, nor other usage for its sake
        v_facts.floor := v_judged.floor;
    END IF;
    v_beyond := CASE WHEN v_facts.floor IS NOT NULL
                     THEN least(v_plan.short, v_facts.owed + v_facts.overage_held + v_plan.short + v_facts.floor) END;
    PERFORM wallets_draw_v1(
        p.account, v_facts.wallet, CASE WHEN v_beyond > 0 THEN NULL ELSE v_facts.floor END, v_plan, v_features, v_debit, v_now);
    IF v_plan.short > 0 THEN
        PERFORM wallets_repay_again_v1(p.account, v_reversal, v_debit, v_now);
    END IF;
    v_lapsed := wallets_lapse_v1(p.account, v_reversal, v_now);
    v_after := wallets_balance_v1(p.account, v_facts.wallet, v_now);

    INSERT INTO usage_reversal (
        id, account_id, debit_id, product_id, tokens, restored, lapsed, overage, is_whole, reason,
        available_after, held_after, overage_after, recorded_by, recorded_at
    ) VALUES (
        v_reversal, p.account, v_old.id, v_old.product_id, v_old.tokens - v_given, v_back.restored - v_lapsed, v_lapsed, v_back.overage,
        true, p_reason, v_after.available, v_after.held, v_after.overage, p_by, v_now);
    PERFORM usage_uncount_v1(p.account, v_old.id);
    PERFORM usage_reverse_lines_v1(p.account, v_old.id, v_reversal, v_old.tokens - v_given);
    PERFORM usage_unapply_v1(p.account, v_old.id, v_reversal, true, v_now);

    IF p.tiered THEN
        v_counters := usage_count_v1(p, wallets_month_v1(p.account, p.occurred_at), (p_order.cover).covered);
    END IF;
    v_outcome := CASE WHEN v_plan.short > 0 THEN 'overage' WHEN v_tokens = 0 AND (p_order.cover).uses <> '{}' THEN 'covered' ELSE 'charged' END;
    v_notices := CASE v_outcome WHEN 'overage' THEN '{overage}'::text[] ELSE '{}' END;
    IF (p.rules).budgets IS NOT NULL THEN
        v_uses := usage_budgets_v1(p, NULL, wallets_day_v1(p.account, p.occurred_at), p_charges, v_now);
    END IF;
    v_told := v_facts;
    v_told.owed := v_owed;
    v_change := v_plan;
    v_change.short := greatest(v_after.overage - v_owed, 0);    -- what grants have repaid again is over
    v_change.available_after := v_after.available;
    v_notices := v_notices || usage_pass_v1(p.account, v_facts.wallet, v_debit, (p.rules).ladder, v_told, v_judged, v_change, v_now)
        || usage_apply_v1(p.account, v_debit, v_uses, p_order.cover, v_now);
    PERFORM usage_write_v1(ARRAY[ROW(
        p, v_debit, v_facts.wallet, v_outcome, p_charges, (p_order.cover).covered, p_order.counted, v_counters, v_tokens, v_plan.short,
        v_after.available, v_after.held, v_facts.owed + v_plan.short,
        v_notices, p.occurred_at, v_now)::usage_charge]);
    IF v_beyond > 0 THEN
        INSERT INTO usage_beyondpolicy (account_id, debit_id, tokens, recorded_at) VALUES (p.account, v_debit, v_beyond, v_now);
    END IF;
    IF least(v_courtesy, v_tokens) > 0 THEN
        SELECT reversal_id INTO STRICT v_again FROM usage_reverse_v1(
            p.account, v_debit, p.product, NULL, NULL, least(v_courtesy, v_tokens), p_reason, p_by, v_now);
    END IF;
    INSERT INTO usage_correction (
        account_id, rerating_id, debit_id, root_id, reversal_id, replacement_id, courtesy_id, restores_id, recorded_at
    ) VALUES (p.account, p_rerating, v_old.id, p_order.root, v_reversal, v_debit, v_again, p_order.restores, v_now);
    RETURN v_debit;
END
$$;
-- reverse:
DROP FUNCTION usage_correct_v1(usage_correction_order, bigint, numeric[], text, text);
