-- Charge one interval of an overflow seat, as a debit under a key of its own; once for its number.
-- A person who was charged within the time of the rate (once) is not charged again: the interval lasts until that time is over.
-- A paid interval lasts as long as the rate says, and for a person that time at least.
-- outcome: charged, covered, overage, once (nothing to charge), or what the debit was refused for, with its answer.
-- The caller holds the account's lock and the rate table's.
CREATE FUNCTION usage_seat_charge_v1(
    p usage_order, p_seat usage_seat, p_state text, p_checkout uuid, p_number integer, p_begins_at timestamptz, p_now timestamptz,
    OUT outcome text, OUT answer json, OUT ends_at timestamptz
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_order usage_order := p;
    v_once integer := CASE WHEN p_seat.person <> '' THEN p_seat.once END;
    v_done record;
    v_written text;
    v_debit uuid;
BEGIN
    IF v_once IS NOT NULL THEN
        SELECT c.begins_at + make_interval(secs => v_once) INTO ends_at FROM usage_checkoutcharge c
        WHERE c.account_id = p.account AND c.feature_id = p_seat.feature AND c.person = p_seat.person AND c.debit_id IS NOT NULL
          AND c.begins_at > p_begins_at - make_interval(secs => v_once)
        ORDER BY c.begins_at DESC LIMIT 1;
    END IF;
    IF ends_at IS NULL THEN
        v_order.key := 'checkout ' || p_checkout || ' ' || p_number;    -- no caller's key has a blank in it
        v_order.now := p_now;
        v_done := usage_debit_v1(v_order, p_state);
        outcome := v_done.outcome;
        answer := v_done.answer;
        IF outcome NOT IN ('charged', 'covered', 'overage') THEN
            RETURN;
        END IF;
        v_written := usage_write_v1(ARRAY[v_done.charge]);
        v_debit := (v_done.charge).id;
        ends_at := p_begins_at + make_interval(secs => greatest(v_once, p_seat.interval));
    ELSE
        outcome := 'once';
    END IF;
    INSERT INTO usage_checkoutcharge (checkout_id, account_id, number, feature_id, person, debit_id, begins_at, ends_at)
    VALUES (p_checkout, p.account, p_number, p_seat.feature, p_seat.person, v_debit, p_begins_at, ends_at);
END
$$;
-- reverse:
DROP FUNCTION usage_seat_charge_v1(usage_order, usage_seat, text, uuid, integer, timestamptz, timestamptz);
