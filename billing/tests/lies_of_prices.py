"""Lies about prices, and about what guards the books."""

from billing.tests.lies import V1, V2, V3, lie

COST = """
    INSERT INTO pricing_costrate (provider, model, component, tier, above, cost, currency, effective_from, recorded_at,
                                  source, set_by, reason)
    VALUES ('openai', 'gpt-4.1', 'input', '', 0, {cost}, 'USD', now(), now(), 'manual', '', '{reason}')
"""

PRICES = (
    lie(
        "a line is priced by a later version",
        "usage_debitline",
        f"""UPDATE usage_debitline l SET rate_id = newer.id
            FROM pricing_rate older JOIN pricing_rate newer ON newer.feature = older.feature AND newer.version_id = {V2}
            WHERE older.id = l.rate_id AND l.debit_id = %(second)s""",
        "line_is_priced_by_its_rate line_is_priced_by_the_debits_version",
    ),
    lie(
        "a line is priced by another feature's rate",
        "usage_debitline",
        f"""UPDATE usage_debitline l SET rate_id = other.id FROM pricing_rate other
            WHERE other.version_id = {V1} AND other.id <> l.rate_id AND l.debit_id = %(second)s""",
        "line_is_priced_by_a_rate_that_matches",
    ),
    lie(
        "a published price is changed",
        "pricing_rate",
        f"UPDATE pricing_rate SET tokens = tokens + 0.000001 WHERE version_id = {V2}",
        "line_is_priced_by_its_rate published_by_approval_of_what_it_says",
    ),
    lie(
        "a closer rate is slipped into a published version",
        "pricing_rate",
        f"""WITH widened AS (
                UPDATE pricing_rate SET feature = left(feature, 4) || '*' WHERE version_id = {V2} AND feature LIKE 'chat%%'
                RETURNING *)
            INSERT INTO pricing_rate (version_id, feature, dimensions, tokens, per, minimum, rounding, cost_currency, product, name, unit,
                tier_mode, tier_bounds, tier_prices, tier_pers, formula)
            SELECT version_id, code, '{{}}', tokens, per, minimum, rounding, '', '', '', '', '', '{{}}', '{{}}', '{{}}', ''
            FROM widened, pricing_feature WHERE product_id = %(product)s AND code LIKE 'chat%%'""",
        "line_is_priced_by_the_closest_rate published_by_approval_of_what_it_says",
    ),
    lie(
        "a feature has two prices at once",
        "pricing_rate",
        f"""INSERT INTO pricing_rate (version_id, feature, dimensions, tokens, per, minimum, rounding, cost_currency, product, name, unit,
                tier_mode, tier_bounds, tier_prices, tier_pers, formula)
            SELECT version_id, feature, dimensions, tokens + 1, per, minimum, rounding, '', '', '', '', '', '{{}}', '{{}}', '{{}}', ''
            FROM pricing_rate WHERE version_id = {V2}""",
        "rate_is_priced_once_in_a_version price_constraints_stand published_by_approval_of_what_it_says",
        drop="rate_is_priced_once_a_version",
    ),
    lie(
        "a rate is of a negative price",
        "pricing_rate",
        f"UPDATE pricing_rate SET cost = -1 WHERE version_id = {V2}",
        "rate_is_in_form price_constraints_stand published_by_approval_of_what_it_says",
        drop="rate_cost_is_not_negative",
    ),
    lie(
        "a model pays us",
        "pricing_costrate",
        COST.format(cost=-1, reason="A contract"),
        "cost_is_in_form price_constraints_stand",
        drop="cost_is_not_negative",
    ),
    lie(
        "nobody says why a cost was written",
        "pricing_costrate",
        COST.format(cost=1, reason=""),
        "cost_is_in_form price_constraints_stand",
        drop="cost_has_an_import_or_a_reason",
    ),
    lie(
        "a debit names a version that was over",
        "usage_debit",
        f"UPDATE usage_debit SET version_id = {V1} WHERE id = %(after)s",
        "debit_is_priced_by_the_version_in_force line_is_priced_by_the_debits_version",
    ),
    lie(
        "a version was published after it priced",
        "pricing_version",
        f"UPDATE pricing_version SET published_at = published_at + interval '20 days' WHERE id = {V1}",
        "debit_is_priced_by_the_version_in_force version_begins_no_earlier_than_published price_constraints_stand",
        drop="version_starts_no_earlier_than_published",
    ),
    lie(
        "a version starts after it priced",
        "pricing_version",
        f"""UPDATE pricing_version SET
                effective_from = effective_from + CASE WHEN id = {V2} THEN interval '3 days' ELSE interval '0' END,
                effective_until = effective_until + interval '3 days'
            WHERE table_id = %(table)s AND number < 3""",
        "debit_is_priced_by_the_version_in_force price_constraints_stand",
        drop="one_version_in_force_at_a_time",
    ),
    lie(
        "two versions are in force at once",
        "pricing_version",
        f"UPDATE pricing_version SET effective_until = NULL WHERE id = {V1}",
        "versions_never_overlap version_ends_where_the_next_begins price_constraints_stand",
        drop="one_version_in_force_at_a_time",
    ),
    lie(
        "no version is in force for a day",
        "pricing_version",
        f"UPDATE pricing_version SET effective_until = effective_until - interval '1 day' WHERE id = {V1}",
        "version_ends_where_the_next_begins",
    ),
    lie(
        "a withdrawal is forgotten",
        "pricing_withdrawal",
        f"DELETE FROM pricing_withdrawal WHERE version_id = {V3}",
        "withdrawn_version_never_began",
    ),
    lie(
        "a version that had begun was withdrawn",
        "pricing_withdrawal",
        f"UPDATE pricing_withdrawal SET withdrawn_at = withdrawn_at + interval '90 days' WHERE version_id = {V3}",
        "withdrawn_version_never_began",
    ),
    lie(
        "the author approved",
        "pricing_historicalversion",
        f"UPDATE pricing_historicalversion SET history_user_id = %(approver)s WHERE id = {V2} AND history_type = '+'",
        "decision_is_by_a_second_person",
    ),
    lie(
        "other prices were approved",
        "pricing_review",
        f"UPDATE pricing_review SET digest = repeat('0', 64) WHERE version_id = {V2}",
        "published_by_approval_of_what_it_says",
    ),
    lie(
        "prices that needed approval had none",
        "pricing_version",
        f"UPDATE pricing_version SET needs_review = true, review_id = NULL WHERE id = {V2}",
        "published_by_approval_of_what_it_says price_constraints_stand",
        drop="version_that_needs_a_review_has_one",
    ),
    lie(
        "price changes are not counted",
        "pricing_epoch",
        "UPDATE pricing_epoch SET epoch = 0 WHERE table_id = %(table)s",
        "epoch_counts_every_publish",
    ),
    lie(
        "an account's terms are gone",
        "usage_terms",
        "DELETE FROM usage_terms WHERE account_id = %(account)s",
        "debit_is_priced_by_the_accounts_table",
    ),
    lie(
        "an account's policy is gone",
        "usage_policy",
        "DELETE FROM usage_policy WHERE account_id = %(account)s",
        "wallet_floor_is_the_policy debit_was_judged_by_the_policy_in_force",
    ),
)

GUARDS = (
    lie(
        "the ledger's guard sleeps",
        "wallets_account",
        "ALTER TABLE wallets_entry DISABLE TRIGGER wallets_entry_only_grows",
        "wallet_triggers_stand",
    ),
    lie(
        "a guard sleeps for replicas",
        "wallets_account",
        "ALTER TABLE usage_debit ENABLE TRIGGER usage_debit_never_empties",
        "usage_triggers_stand",
    ),
    lie(
        "costs are no longer guarded",
        "wallets_account",
        "DROP TRIGGER pricing_costrate_only_grows ON pricing_costrate",
        "price_triggers_stand",
    ),
    lie(
        "the app may rewrite costs",
        "wallets_account",
        "GRANT UPDATE (cost) ON pricing_costrate TO tokendesk_app",
        "price_rights_are_few",
    ),
    lie(
        "published rates are no longer guarded",
        "wallets_account",
        "DROP TRIGGER pricing_rate_stays_on_update ON pricing_rate",
        "price_triggers_stand",
    ),
    lie(
        "the app may write balances",
        "wallets_account",
        "GRANT UPDATE (balance) ON wallets_wallet TO tokendesk_app",
        "wallet_rights_are_few",
    ),
    lie(
        "the app may remove debits",
        "wallets_account",
        "GRANT DELETE ON usage_debit TO tokendesk_app",
        "usage_rights_are_few",
    ),
    lie(
        "the app may empty rates",
        "wallets_account",
        "GRANT TRUNCATE ON pricing_rate TO tokendesk_app",
        "price_rights_are_few",
    ),
    lie(
        "the app may rewrite decisions",
        "wallets_account",
        "GRANT UPDATE ON pricing_decision TO tokendesk_app",
        "price_rights_are_few",
    ),
    lie(
        "anybody approves",
        "wallets_account",
        "DROP TRIGGER pricing_decision_is_by_a_second_person ON pricing_decision",
        "price_triggers_stand",
    ),
    lie(
        "a back door is open",
        "wallets_account",
        "GRANT EXECUTE ON FUNCTION wallets_come_into_force_v1(uuid, uuid, timestamptz, boolean) TO tokendesk_app",
        "doors_are_the_only_way_in",
    ),
    lie(
        "a constraint is gone",
        "wallets_account",
        "ALTER TABLE wallets_overage DROP CONSTRAINT overage_is_settled_once",
        "wallet_constraints_stand",
    ),
    lie(
        "a price is not a number",
        "pricing_rate",
        f"UPDATE pricing_rate SET cost = 'NaN' WHERE version_id = {V2}",
        "prices_are_numbers published_by_approval_of_what_it_says",
        drop="pricing_rate_cost_check",
    ),
    lie(
        "a cost is not a number",
        "pricing_costrate",
        COST.format(cost="'NaN'", reason="A contract"),
        "prices_are_numbers",
        drop="pricing_costrate_cost_check",
    ),
    lie(
        "an answered balance is not a number",
        "usage_reversal",
        "UPDATE usage_reversal SET available_after = 'NaN' WHERE id = %(whole)s",
        "usage_amounts_are_numbers",
        drop="usage_reversal_available_after_check",
    ),
)
