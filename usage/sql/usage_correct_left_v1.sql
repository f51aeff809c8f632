-- Why a debit can't be charged anew as things stand; null where it can. p_is_tiered: whether the new charge has lines that tiers count.
-- replaced: by another re-rating. given_back: people left nothing of it; a courtesy that was given back again and leaves nothing may leave
-- something of another charge. seat: it is of a seat's interval, which its checkout goes by.
-- invoiced: a final invoice carries overage of it. opens: it opened features, from its day on. held: its hold is open and goes by what
-- was captured. held_tiers: a capture that tiers count, which keeps its hold's place. grace: it is all the overage there is, and giving it back would end a grace that is given once.
CREATE FUNCTION usage_correct_left_v1(p_account uuid, p_debit uuid, p_is_tiered boolean, p_now timestamptz) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM usage_correction c WHERE c.account_id = p_account AND c.debit_id = p_debit) THEN 'replaced'
        WHEN back.is_whole OR (back.tokens = d.tokens AND back.is_by_people) THEN 'given_back'
        WHEN starts_with(d.key, 'checkout ') THEN 'seat'
        WHEN wallets_is_invoiced_v1(p_account, p_debit) THEN 'invoiced'
        WHEN EXISTS (SELECT FROM usage_access a WHERE a.account_id = p_account AND a.debit_id = p_debit AND a.kind = 'open') THEN 'opens'
        WHEN step.hold_id IN (SELECT hold FROM wallets_open_holds_v1(p_account, p_now)) THEN 'held'
        WHEN step.hold_id IS NOT NULL AND (p_is_tiered OR EXISTS (
            SELECT FROM usage_debitline l WHERE l.account_id = p_account AND l.debit_id = p_debit AND l.counter_id IS NOT NULL)) THEN 'held_tiers'
        WHEN EXISTS (SELECT FROM usage_grace g WHERE g.account_id = p_account AND g.wallet_id = d.wallet_id AND g.ended_at IS NULL)
            AND wallets_owed_by_v1(p_account, p_debit) > 0
            AND wallets_owed_by_v1(p_account, p_debit) = (wallets_balance_v1(p_account, d.wallet_id, p_now)).overage THEN 'grace' END
    FROM usage_debit d
    LEFT JOIN usage_correction made ON made.account_id = p_account AND made.replacement_id = p_debit
    CROSS JOIN LATERAL (
        SELECT bool_or(is_whole) AS is_whole, sum(tokens) AS tokens, bool_or(r.id IS DISTINCT FROM made.courtesy_id) AS is_by_people
        FROM usage_reversal r WHERE r.account_id = p_account AND r.debit_id = p_debit) AS back
    LEFT JOIN usage_holdstep step ON step.account_id = p_account AND step.debit_id = p_debit
    WHERE d.account_id = p_account AND d.id = p_debit
$$;
-- reverse:
DROP FUNCTION usage_correct_left_v1(uuid, uuid, boolean, timestamptz);
