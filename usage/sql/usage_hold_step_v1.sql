-- Write down what a capture or a release did to a hold, and how the hold stood after it. Answers the step's id.
-- The caller holds the account's lock and has done it. p_tokens: charged by p_debit.
CREATE FUNCTION usage_hold_step_v1(
    p_account uuid, p_hold uuid, p_kind text, p_debit uuid, p_tokens numeric, p_reason text, p_by text, p_now timestamptz
) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    v_step uuid;
BEGIN
    INSERT INTO usage_holdstep (
        account_id, hold_id, kind, debit_id, tokens, state, held, overage_held, captured, expires_at, reason, recorded_by, recorded_at)
    SELECT p_account, p_hold, p_kind, p_debit, p_tokens, h.state, h.held, h.overage_held,
           p_tokens + coalesce((SELECT sum(tokens) FROM usage_holdstep WHERE hold_id = p_hold AND account_id = p_account), 0),
           h.expires_at, p_reason, p_by, p_now
    FROM wallets_hold_state_v1(p_account, p_hold) AS h
    RETURNING id INTO STRICT v_step;
    RETURN v_step;
END
$$;
-- reverse:
DROP FUNCTION usage_hold_step_v1(uuid, uuid, text, uuid, numeric, text, text, timestamptz);
