-- Charge what a hold was made for: held tokens first, in their order, then grants in force when its usage occurred, then overage within
-- the floor that the hold keeps, and no more where the grace of its ladder is over by now; its own room is never refused. What its ladder
-- tells is told by this debit; its buckets gave when it was made. p: an order priced by the hold's version, with hold and is_final;
-- a final capture gives the rest back. The account's state, the window of dates, the price in force, what may be used and what budgets
-- allow do not matter any more: budgets count it, allowances cover what they have left, what it buys is opened.
-- Outcomes: charged, covered, overage; stale, where the account's rules are others by now, or what features open may be (known_at: the
-- table's epoch as of which it was read, here without its lock); known (the debit that the key stands for); idempotency_key_reused, settled
-- (with the hold's state); insufficient_tokens, with its denial: nothing else changes, and the hold stays.
CREATE FUNCTION usage_capture_v1(p jsonb, OUT outcome text, OUT answer json)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_order usage_order;
    v_id uuid := (p->>'hold')::uuid;
    v_state text;
    v_now timestamptz;
    v_known record;
    v_hold usage_holdrequest;
    v_funds wallets_hold_funds;
    v_line usage_order_line;
    v_features text[] := '{}';
    v_charges numeric[] := '{}';
    v_tokens numeric(24, 6) := 0;    -- more digits: out of range
    v_cover usage_cover;
    v_uses usage_budget_use[];
    v_notices text[];
    v_month date;
    v_counted numeric[];
    v_counters uuid[];
    v_pinned wallets_plan;
    v_more wallets_plan;
    v_facts usage_facts;
    v_ladder usage_rule_ladder;
    v_judged usage_judged;
    v_room numeric;
    v_floor numeric;
    v_figures jsonb;
    v_feature text;
    v_debit uuid;
    v_after record;
    v_step uuid;
BEGIN
    v_order := jsonb_populate_record(NULL::usage_order, p);
    v_state := wallets_account_lock_v1(v_order.account);
    v_now := coalesce(v_order.now, clock_timestamp());
    SELECT effect_id, fingerprint INTO v_known FROM usage_claim
    WHERE account_id = v_order.account AND product_id = v_order.product AND key = v_order.key;
    IF FOUND THEN
        outcome := CASE WHEN v_known.fingerprint = decode(v_order.fingerprint, 'hex') THEN 'known' ELSE 'idempotency_key_reused' END;
        answer := json_build_object('id', v_known.effect_id);
        RETURN;
    END IF;
    PERFORM wallets_settle_v1(v_order.account, v_now);
    SELECT * INTO STRICT v_hold FROM usage_holdrequest WHERE id = v_id AND account_id = v_order.account;
    SELECT * INTO STRICT v_funds FROM wallets_hold_funds_v1(v_order.account, v_id, v_hold.occurred_at, v_now);
    IF v_funds.state <> 'held' THEN
        outcome := 'settled';
        answer := json_build_object('state', v_funds.state);
        RETURN;
    END IF;

    IF v_order.revision <> coalesce((SELECT revision FROM usage_standing WHERE account_id = v_order.account), 0)
        OR (p->>'known_at')::bigint < (SELECT epoch FROM pricing_epoch_v1(v_order."table"))
    THEN
        outcome := 'stale';
        RETURN;
    END IF;
    IF (v_order.rules).allowances IS NOT NULL THEN
        v_cover := usage_cover_v1(v_order, v_id, wallets_day_v1(v_order.account, v_hold.occurred_at), v_now);
    END IF;
    IF v_order.tiered THEN
        v_month := wallets_month_v1(v_order.account, v_hold.occurred_at);
        v_counted := usage_hold_counted_v1(v_order, v_id, v_month, v_cover.covered);
    END IF;
    FOREACH v_line IN ARRAY v_order.lines LOOP
        v_features := v_features || v_line.feature;
        v_charges := v_charges || pricing_charge_v1(
            v_line.quantity, coalesce(v_cover.covered[cardinality(v_features)], 0), v_counted[cardinality(v_features)], v_line.bounds, v_line.prices, v_line.per, v_line.minimum, v_line.rounding,
            v_line.mode, v_line.packs);
        v_tokens := v_tokens + v_charges[cardinality(v_charges)];
    END LOOP;
    v_pinned := wallets_plan_v1(v_funds.pins, v_features, v_charges);
    v_more := wallets_plan_v1(v_funds.grants, v_features, v_pinned.uncovered);
    v_room := least(v_more.short, v_funds.overage_held);
    v_facts.wallet := v_funds.wallet;
    v_facts.owed := v_funds.owed;
    v_facts.empty_since := v_funds.empty_since;
    v_facts.grants := v_funds.grants;
    v_facts.floor := v_hold.floor;
    v_floor := v_hold.floor;
    IF v_hold.ladder IS NOT NULL THEN
        v_ladder := jsonb_populate_record(NULL::usage_rule_ladder, v_hold.ladder);
        v_ladder.throttles := NULL;
        v_ladder.caps := NULL;    -- they are judged already, by what there was when the hold was made; a grace has its end
        v_judged := usage_ladder_v1(v_ladder, v_order.account, v_facts, v_more, v_tokens, v_now);
        v_judged.floor := v_hold.floor;
        IF v_judged.grace = 'over' AND v_more.short > v_room AND (v_floor < 0) IS NOT FALSE THEN
            v_floor := 0.000000;
        ELSE
            v_judged.cap := v_hold.judged->>'cap';
            v_judged.scope := v_hold.judged->>'policy';
        END IF;
    END IF;
    IF v_more.short > v_room AND v_funds.owed + v_funds.all_overage_held - v_room + v_more.short > -v_floor THEN
        outcome := 'insufficient_tokens';
        v_feature := v_features[(SELECT min(n) FROM unnest(v_more.uncovered) WITH ORDINALITY AS u (short, n) WHERE short > 0)];
        v_figures := jsonb_build_object(
            'required', v_tokens::text, 'available', (v_tokens - v_more.short)::text,
            'shortfall', (v_more.short - v_room - greatest(-v_floor - v_funds.owed - v_funds.all_overage_held, 0))::text,
            'overage', v_funds.owed::text, 'overage_held', (v_funds.all_overage_held - v_room)::text, 'floor', v_floor::text, 'hold', v_id)
            || jsonb_strip_nulls(jsonb_build_object('cap', v_judged.cap, 'policy', v_judged.scope, 'bought', v_hold.judged->>'bought',
                'grace', v_judged.grace, 'grace_started_at', v_judged.grace_started_at, 'grace_ends_at', v_judged.grace_ends_at));
        answer := v_figures || jsonb_build_object('now', v_now, 'denial', usage_deny_v1(
            v_order.account, v_order.product, v_feature, outcome, v_order.key, usage_request_v1(v_order), v_figures, v_now));
        RETURN;
    END IF;

    v_debit := uuidv7();
    -- Overage let through since by a wider policy may have passed the hold's floor; the room that the hold keeps was counted with it.
    v_floor := least(v_floor, CASE WHEN v_more.short > 0 AND v_floor IS NOT NULL THEN -(v_funds.owed + v_more.short) END);
    PERFORM wallets_hold_draw_v1(v_order.account, v_funds.wallet, v_id, v_hold.floor, v_pinned, v_room, v_debit, v_now);
    PERFORM wallets_draw_v1(v_order.account, v_funds.wallet, v_floor, v_more, v_features, v_debit, v_now);
    IF v_order.tiered THEN
        v_counters := usage_count_v1(v_order, v_month, v_cover.covered);
    END IF;
    IF (p->>'is_final')::boolean THEN
        PERFORM wallets_hold_settle_v1(v_order.account, v_id, 'captured', v_debit, v_now);
    END IF;
    v_after := wallets_balance_v1(v_order.account, v_funds.wallet, v_now);
    outcome := CASE WHEN v_more.short > 0 THEN 'overage' WHEN v_tokens = 0 AND v_cover.uses <> '{}' THEN 'covered' ELSE 'charged' END;
    v_notices := CASE outcome WHEN 'overage' THEN '{overage}'::text[] ELSE '{}' END;
    v_more.available_after := v_after.available;
    v_notices := usage_pass_v1(v_order.account, v_funds.wallet, v_debit, v_ladder, v_facts, v_judged, v_more, v_now) || v_notices;
    IF v_order.rules IS DISTINCT FROM NULL THEN
        v_uses := usage_budgets_v1(v_order, v_id, wallets_day_v1(v_order.account, v_hold.occurred_at), v_charges, v_now);
        v_notices := v_notices || usage_apply_v1(v_order.account, v_debit, v_uses, v_cover, v_now);
        PERFORM usage_unkeep_v1(v_order.account, v_id, v_uses, v_cover);
    END IF;
    IF (p->>'is_final')::boolean THEN
        PERFORM usage_let_go_v1(v_order.account, v_now);
    END IF;
    IF (v_order.rules).unlocks IS NOT NULL THEN
        PERFORM usage_open_v1(v_order.account, v_debit, (v_order.rules).unlocks, v_now);
    END IF;
    PERFORM usage_write_v1(ARRAY[ROW(
        v_order, v_debit, v_funds.wallet, outcome, v_charges, v_cover.covered, v_counted, v_counters, v_tokens, v_more.short,
        v_after.available, v_after.held, v_after.overage, v_notices, v_hold.occurred_at, v_now)::usage_charge]);
    v_step := usage_hold_step_v1(v_order.account, v_id, 'capture', v_debit, v_tokens, '', '', v_now);
    answer := json_build_object('id', v_debit);
END
$$;
-- reverse:
DROP FUNCTION usage_capture_v1(jsonb);
