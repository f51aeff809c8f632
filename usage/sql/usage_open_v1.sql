-- Open what a debit bought, from now; what is open for a time already by the same pattern is extended from its end.
-- The caller holds the account's lock and writes the debit in the same transaction.
CREATE FUNCTION usage_open_v1(p_account uuid, p_debit uuid, p_unlocks usage_rule_unlock[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_unlock usage_rule_unlock;
    v_from timestamptz;
    v_end timestamptz;
BEGIN
    FOREACH v_unlock IN ARRAY p_unlocks LOOP
        v_from := p_now;
        LOOP
            SELECT max(effective_until) INTO v_end FROM usage_access a
            WHERE account_id = p_account AND pattern = v_unlock.pattern AND kind = 'open'
              AND effective_from <= v_from AND effective_until > v_from
              AND NOT EXISTS (    -- what ended it
                  SELECT FROM usage_access e
                  WHERE e.account_id = p_account AND e.pattern = a.pattern AND e.kind <> 'open' AND e.effective_from <= v_from
                    AND CASE WHEN e.debit_id IS NULL THEN (e.effective_from, e.recorded_at, e.id) > (a.effective_from, a.recorded_at, a.id)
                             ELSE e.debit_id = a.debit_id END);
            EXIT WHEN v_end IS NULL;
            v_from := v_end;
        END LOOP;
        -- By UTC, whatever the session's zone: a month of 31 days is one of 31 times 24 hours.
        v_end := (v_from AT TIME ZONE 'UTC' + v_unlock.periods * v_unlock.period) AT TIME ZONE 'UTC';
        IF v_end > p_now + interval '100 years' THEN
            RAISE EXCEPTION 'access to % would end at %', v_unlock.pattern, v_end USING ERRCODE = 'numeric_value_out_of_range';
        END IF;
        INSERT INTO usage_access (account_id, pattern, kind, effective_from, effective_until, debit_id, recorded_at, set_by, reason)
        VALUES (p_account, v_unlock.pattern, 'open', v_from, v_end, p_debit, p_now, '', '');
    END LOOP;
    PERFORM usage_terms_changed_v1(p_account);
END
$$;
-- reverse:
DROP FUNCTION usage_open_v1(uuid, uuid, usage_rule_unlock[], timestamptz);
