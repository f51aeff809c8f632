-- What to charge in a debit's place, and what allowances covered of it, which they cover again.
-- root: what first charged the usage. restores: where a re-rating is taken back, the debit as which it is charged again, with its counts.
CREATE TYPE usage_correction_order AS (
    place integer, asked usage_order, debit uuid, root uuid, restores uuid, cover usage_cover, counted numeric[]
);
CREATE FUNCTION usage_correct_cover_v1(p_account uuid, p_debit uuid) RETURNS usage_cover
LANGUAGE sql STABLE
AS $$
    SELECT ROW(
        ARRAY(SELECT covered_quantity FROM usage_debitline WHERE account_id = p_account AND debit_id = p_debit ORDER BY position),
        ARRAY(SELECT ROW(w.pattern, w.period, w.window_start, u.position, u.units, w.id)::usage_cover_use
              FROM usage_allowanceuse u JOIN usage_allowancewindow w ON w.account_id = u.account_id AND w.id = u.window_id
              WHERE u.account_id = p_account AND u.debit_id = p_debit ORDER BY u.position, u.id))::usage_cover
$$;
-- reverse:
DROP FUNCTION usage_correct_cover_v1(uuid, uuid);
DROP TYPE usage_correction_order;
