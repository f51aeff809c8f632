-- What must add up in a wallet and in a grant whenever one is written. Triggers and not CHECKs: see wallets_shapes_v1.
CREATE FUNCTION wallets_wallet_sum_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF (NEW.balance >= -NEW.overage AND least(NEW.overage, NEW.held, NEW.overage_held) >= 0) IS NOT TRUE THEN
        PERFORM wallets_refuse_v1('A wallet owes no more than its overage.', 'wallet_owes_no_more_than_its_overage');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER wallets_wallet_adds_up BEFORE INSERT OR UPDATE ON wallets_wallet
FOR EACH ROW EXECUTE FUNCTION wallets_wallet_sum_v1();
ALTER TABLE wallets_wallet ENABLE ALWAYS TRIGGER wallets_wallet_adds_up;

CREATE FUNCTION wallets_grant_sum_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF (NEW.tokens = NEW.remaining + NEW.spent + NEW.expired + NEW.voided
        AND least(NEW.held, NEW.spent, NEW.expired, NEW.voided, NEW.remaining - NEW.held) >= 0) IS NOT TRUE
    THEN
        PERFORM wallets_refuse_v1('A grant''s tokens are all accounted for.', 'grant_tokens_are_all_accounted_for');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER wallets_grant_adds_up BEFORE INSERT OR UPDATE ON wallets_grant
FOR EACH ROW EXECUTE FUNCTION wallets_grant_sum_v1();
ALTER TABLE wallets_grant ENABLE ALWAYS TRIGGER wallets_grant_adds_up;
-- reverse:
DROP TRIGGER wallets_grant_adds_up ON wallets_grant;
DROP TRIGGER wallets_wallet_adds_up ON wallets_wallet;
DROP FUNCTION wallets_grant_sum_v1();
DROP FUNCTION wallets_wallet_sum_v1();
