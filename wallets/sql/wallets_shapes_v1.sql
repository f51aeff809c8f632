-- What must be true of wallets, grants and entries, held where they are written. Triggers and not CHECKs: PostgreSQL parses
-- each CHECK of a table anew in every statement that writes it, and these tables are written by every debit.
CREATE FUNCTION wallets_refuse_v1(p_sentence text, p_name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '%', p_sentence USING ERRCODE = 'check_violation', CONSTRAINT = p_name;
END
$$;

CREATE FUNCTION wallets_entry_shape_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF (NEW.amount > 0 AND NEW.amount < 'Infinity') IS NOT TRUE THEN
        PERFORM wallets_refuse_v1('An entry moves a positive number of tokens.', 'entry_moves_something');
    END IF;
    IF (NEW.balance_after = NEW.balance_before + CASE NEW.kind
            WHEN 'draw' THEN -NEW.amount WHEN 'overage' THEN -NEW.amount WHEN 'grant' THEN NEW.amount
            WHEN 'late_draw' THEN 0 WHEN 'repay' THEN 0
            WHEN 'transfer_in' THEN NEW.amount WHEN 'restore' THEN NEW.amount WHEN 'overage_reversal' THEN NEW.amount
            WHEN 'expire' THEN -NEW.amount WHEN 'void' THEN -NEW.amount WHEN 'transfer_out' THEN -NEW.amount
            WHEN 'late_hold' THEN NEW.amount WHEN 'settle' THEN NEW.amount WHEN 'credit' THEN 0 END) IS NOT TRUE THEN
        PERFORM wallets_refuse_v1('An entry''s balances follow from its kind and amount.', 'entry_balances_follow_from_its_kind');
    END IF;
    IF NEW.grant_id IS NULL OR NEW.overage_id IS NOT NULL THEN    -- rare: what follows concerns overage alone
        IF NEW.overage_after < 0 OR (NEW.kind = 'overage' AND NEW.floor IS NOT NULL AND NEW.overage_after > -NEW.floor) THEN
            PERFORM wallets_refuse_v1('Overage never passes the floor.', 'overage_never_passes_the_floor');
        END IF;
        IF (NEW.kind IN ('overage', 'overage_reversal', 'settle', 'credit')) <> (NEW.grant_id IS NULL)
            OR NEW.overage_id IS NULL OR NEW.kind NOT IN ('overage', 'overage_reversal', 'settle', 'credit', 'repay', 'restore')
        THEN
            PERFORM wallets_refuse_v1('An entry names the grant or the overage that it moves.', 'entry_names_what_it_moves');
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER wallets_entry_is_well_formed BEFORE INSERT ON wallets_entry
FOR EACH ROW EXECUTE FUNCTION wallets_entry_shape_v1();
ALTER TABLE wallets_entry ENABLE ALWAYS TRIGGER wallets_entry_is_well_formed;

CREATE FUNCTION wallets_grant_shape_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.kind NOT IN ('purchase', 'trial', 'promo', 'included', 'adjustment') THEN
        PERFORM wallets_refuse_v1('A grant is a purchase, trial, promo, included or an adjustment.', 'grant_kind_is_known');
    ELSIF NEW.priority NOT BETWEEN 0 AND 100 THEN
        PERFORM wallets_refuse_v1('A grant''s priority is 0 to 100.', 'grant_priority_is_0_to_100');
    ELSIF NEW.expires_at <= NEW.effective_at THEN
        PERFORM wallets_refuse_v1('A grant expires after it starts.', 'grant_expires_after_it_starts');
    ELSIF (NEW.draw_cost >= 0 AND NEW.draw_cost < 'Infinity') IS NOT TRUE OR (NEW.unit_cost >= 0) IS FALSE THEN
        PERFORM wallets_refuse_v1('What was paid for a token is not negative.', 'grant_cost_is_not_negative');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER wallets_grant_is_well_formed
BEFORE INSERT OR UPDATE OF kind, priority, effective_at, expires_at, unit_cost, draw_cost ON wallets_grant
FOR EACH ROW EXECUTE FUNCTION wallets_grant_shape_v1();
ALTER TABLE wallets_grant ENABLE ALWAYS TRIGGER wallets_grant_is_well_formed;

CREATE FUNCTION wallets_floor_shape_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.floor > 0 THEN
        PERFORM wallets_refuse_v1('A floor is at zero or below.', 'wallet_floor_is_not_above_zero');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER wallets_wallet_is_well_formed BEFORE INSERT OR UPDATE OF floor ON wallets_wallet
FOR EACH ROW EXECUTE FUNCTION wallets_floor_shape_v1();
ALTER TABLE wallets_wallet ENABLE ALWAYS TRIGGER wallets_wallet_is_well_formed;
-- reverse:
DROP TRIGGER wallets_wallet_is_well_formed ON wallets_wallet;
DROP TRIGGER wallets_grant_is_well_formed ON wallets_grant;
DROP TRIGGER wallets_entry_is_well_formed ON wallets_entry;
DROP FUNCTION wallets_floor_shape_v1();
DROP FUNCTION wallets_grant_shape_v1();
DROP FUNCTION wallets_entry_shape_v1();
DROP FUNCTION wallets_refuse_v1(text, text);
