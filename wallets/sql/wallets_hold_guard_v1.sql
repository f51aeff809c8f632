-- A hold ends once: what was captured, released or has expired never changes again, whoever asks.
CREATE FUNCTION wallets_hold_guard_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'A hold ends once.' USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_ends_once', TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER wallets_hold_ends_once BEFORE UPDATE ON wallets_hold
FOR EACH ROW WHEN (OLD.state <> 'held') EXECUTE FUNCTION wallets_hold_guard_v1();
ALTER TABLE wallets_hold ENABLE ALWAYS TRIGGER wallets_hold_ends_once;
-- reverse:
DROP TRIGGER wallets_hold_ends_once ON wallets_hold;
DROP FUNCTION wallets_hold_guard_v1();
