-- Begin the roll-ups anew: they are emptied, and the next readings take all that there is.
CREATE FUNCTION usage_rollup_anew_v1() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM FROM usage_rollups FOR UPDATE;
    TRUNCATE usage_usageslot, usage_usageday, usage_usagetotal, usage_usagemix;
    WITH gone AS (
        DELETE FROM usage_refusalnote
    )
    INSERT INTO usage_refusalnote (account_id, denial_id, count) SELECT account_id, id, count FROM usage_denial;
    UPDATE usage_rollups SET
        home = usage_rollup_home_v1(), since = 0, until = NULL, floor_at = 'epoch', next_floor_at = 'epoch', seen = 0, seen_at = 'epoch',
        debits_reached = usage_first_id_v1('epoch'), reversals_reached = usage_first_id_v1('epoch'), are_debits_read = false;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_anew_v1();
