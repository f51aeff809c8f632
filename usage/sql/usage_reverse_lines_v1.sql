-- Write what a reversal takes off each line of its debit, from the last line backwards.
CREATE FUNCTION usage_reverse_lines_v1(p_account uuid, p_debit uuid, p_reversal uuid, p_tokens numeric) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_line record;
    v_left numeric := p_tokens;
    v_take numeric;
BEGIN
    FOR v_line IN
        SELECT position, tokens - coalesce((
            SELECT sum(taken.tokens) FROM usage_reversalline taken
            JOIN usage_reversal r ON r.id = taken.reversal_id AND r.account_id = taken.account_id
            WHERE r.account_id = p_account AND r.debit_id = p_debit AND taken.position = line.position), 0) AS unreversed
        FROM usage_debitline line WHERE account_id = p_account AND debit_id = p_debit
        ORDER BY position DESC
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_line.unreversed);
        CONTINUE WHEN v_take = 0;
        INSERT INTO usage_reversalline (reversal_id, account_id, position, tokens) VALUES (p_reversal, p_account, v_line.position, v_take);
        v_left := v_left - v_take;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_reverse_lines_v1(uuid, uuid, uuid, numeric);
