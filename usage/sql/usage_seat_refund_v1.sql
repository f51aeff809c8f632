-- Give back what is unused of the interval that an overflow seat has paid, where its rate does so: by the time that is left of it,
-- down to the millionth. A quotient would be rounded, and could come out a millionth too high.
-- Answers the tokens; 0 where nothing is given back. The caller holds the account's lock.
CREATE FUNCTION usage_seat_refund_v1(p_checkout usage_checkout, p_fingerprint bytea, p_reason text, p_by text, p_now timestamptz) RETURNS numeric
LANGUAGE plpgsql
AS $$
DECLARE
    v_charge record;
    v_tokens numeric;
    v_done record;
BEGIN
    IF NOT p_checkout.refunds OR p_checkout.seat <> 'overflow' OR p_checkout.charged_until <= p_now THEN
        RETURN 0;
    END IF;
    SELECT c.debit_id, c.begins_at, c.ends_at, d.tokens, d.product_id,
           d.tokens - coalesce((SELECT sum(tokens) FROM usage_reversal r WHERE r.account_id = d.account_id AND r.debit_id = d.id), 0) AS unreversed
    INTO v_charge
    FROM usage_checkoutcharge c JOIN usage_debit d ON d.account_id = c.account_id AND d.id = c.debit_id
    WHERE c.account_id = p_checkout.account_id AND c.checkout_id = p_checkout.id AND c.number = p_checkout.intervals;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    v_tokens := least(v_charge.unreversed, div(
        v_charge.tokens * 1000000 * extract(epoch FROM v_charge.ends_at - greatest(p_now, v_charge.begins_at)),
        extract(epoch FROM v_charge.ends_at - v_charge.begins_at)) * 0.000001);
    IF v_tokens > 0 THEN
        v_done := usage_reverse_v1(
            p_checkout.account_id, v_charge.debit_id, v_charge.product_id, NULL, p_fingerprint, v_tokens, p_reason, coalesce(nullif(p_by, ''), 'seats'), p_now);
    END IF;
    RETURN v_tokens;
END
$$;
-- reverse:
DROP FUNCTION usage_seat_refund_v1(usage_checkout, bytea, text, text, timestamptz);
