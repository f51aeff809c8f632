-- Give back all that is left of a debit (p_tokens null), or p_tokens of it, to where they came from.
-- Outcomes: reversed, known, idempotency_key_reused, nothing_left, more_than_left.
-- Of a debit of 0 tokens, or one that a re-rating charged and of which a courtesy leaves nothing, all can be given back once all the same.
-- p_key null: asked by a person, whose page makes sure that it is asked once.
CREATE FUNCTION usage_reverse_v1(
    p_account uuid, p_debit uuid, p_product bigint, p_key text, p_fingerprint bytea, p_tokens numeric, p_reason text, p_by text,
    p_now timestamptz DEFAULT NULL, OUT outcome text, OUT reversal_id uuid
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_debit usage_debit;
    v_now timestamptz;
    v_known record;
    v_before record;
    v_back record;
    v_after record;
    v_tokens numeric;
    v_left numeric;
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT effect_id, fingerprint INTO v_known FROM usage_claim
    WHERE account_id = p_account AND product_id = p_product AND key = p_key;
    IF FOUND THEN
        reversal_id := v_known.effect_id;
        outcome := CASE WHEN v_known.fingerprint = p_fingerprint THEN 'known' ELSE 'idempotency_key_reused' END;
        RETURN;
    END IF;
    SELECT * INTO STRICT v_debit FROM usage_debit WHERE id = p_debit AND account_id = p_account;
    SELECT coalesce(sum(r.tokens), 0) AS tokens, count(*) FILTER (WHERE r.id IS DISTINCT FROM c.courtesy_id) AS times INTO v_before
    FROM usage_reversal r LEFT JOIN usage_correction c ON c.account_id = r.account_id AND c.replacement_id = r.debit_id
    WHERE r.account_id = p_account AND r.debit_id = p_debit;
    v_left := v_debit.tokens - v_before.tokens;
    v_tokens := coalesce(p_tokens, v_left);
    IF v_tokens > v_left THEN outcome := 'more_than_left'; RETURN; END IF;
    IF v_left = 0 AND v_before.times > 0 THEN outcome := 'nothing_left'; RETURN; END IF;

    PERFORM wallets_settle_v1(p_account, v_now);
    reversal_id := uuidv7();
    v_back := wallets_give_back_v1(p_account, p_debit, v_tokens, reversal_id, v_now);
    v_after := wallets_balance_v1(p_account, v_debit.wallet_id, v_now);
    INSERT INTO usage_reversal (
        id, account_id, debit_id, product_id, tokens, restored, lapsed, overage, is_whole, reason,
        available_after, held_after, overage_after, recorded_by, recorded_at
    ) VALUES (
        reversal_id, p_account, p_debit, p_product, v_tokens, v_back.restored, v_back.lapsed, v_back.overage, p_tokens IS NULL, p_reason,
        v_after.available, v_after.held, v_after.overage, p_by, v_now
    );
    IF p_tokens IS NULL THEN
        PERFORM usage_uncount_v1(p_account, p_debit);
    END IF;
    PERFORM usage_reverse_lines_v1(p_account, p_debit, reversal_id, v_tokens);
    PERFORM usage_unapply_v1(p_account, p_debit, reversal_id, p_tokens IS NULL, v_now);
    IF p_key IS NOT NULL THEN
        INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
        VALUES (p_account, p_product, p_key, p_fingerprint, 'reversal', reversal_id, v_now);
    END IF;
    PERFORM usage_observe_v1(p_account, v_now);
    outcome := 'reversed';
END
$$;
-- reverse:
DROP FUNCTION usage_reverse_v1(uuid, uuid, bigint, text, bytea, numeric, text, text, timestamptz);
