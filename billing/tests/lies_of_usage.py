"""Lies about debits, reversals and idempotency keys."""

from billing.tests.lies import lie

DEBITS = (
    lie(
        "a debit is of more than its parts",
        "usage_debit",
        "UPDATE usage_debit SET tokens = tokens + 1 WHERE id = %(second)s",
        "debit_is_its_lines debit_is_its_draws_and_overage",
    ),
    lie(
        "a debit pretends to overage",
        "usage_debit",
        "UPDATE usage_debit SET outcome = 'overage', overage = 1, notices = '{overage}' WHERE id = %(second)s",
        "debit_overage_is_its_entries",
    ),
    lie(
        "a debit answered another overage than it left",
        "usage_debit",
        "UPDATE usage_debit SET overage_after = overage_after + 1 WHERE id = %(deep)s",
        "debit_left_what_its_last_entry_left crossing_happened",
    ),
    lie(
        "a debit is dated before its window",
        "usage_debit",
        "UPDATE usage_debit SET occurred_at = recorded_at - interval '36 days' WHERE id = %(second)s",
        "debit_is_within_its_window debit_is_priced_by_the_version_in_force debit_drew_from_grants_in_force",
    ),
    lie(
        "a debit was asked for with a key that is not there",
        "usage_debit",
        "UPDATE usage_debit SET api_key_id = -1 WHERE id = %(second)s",
        "debit_names_what_exists",
    ),
    lie(
        "a debit is told of under another key",
        "usage_debit",
        "UPDATE usage_debit SET key = 'another' WHERE id = %(second)s",
        "debit_has_its_claim",
    ),
    lie(
        "a debit is of a product that is not there",
        "usage_debit",
        "UPDATE usage_debit SET product_id = -1 WHERE id = %(second)s",
        "debit_names_what_exists line_names_what_exists debit_has_its_claim",
    ),
    lie(
        "a debit is gone and its traces are not",
        "usage_debit",
        "DELETE FROM usage_debit WHERE id = %(second)s",
        "debit_entry_has_its_debit claim_has_its_effect debit_lines_are_numbered usage_constraints_stand",
        drop="usage_reversal.usage_reversal_debit_id_same_account",
    ),
    lie(
        "tokens are moved from line to line",
        "usage_debitline",
        "UPDATE usage_debitline SET tokens = tokens + CASE position WHEN 1 THEN -1 ELSE 1 END WHERE debit_id = %(first)s",
        "line_is_priced_by_its_rate reversals_stay_within_each_line",
    ),
    lie(
        "a line is of another quantity",
        "usage_debitline",
        "UPDATE usage_debitline SET quantity = quantity + 0.000001 WHERE debit_id = %(second)s",
        "line_is_priced_by_its_rate",
    ),
    lie(
        "more is covered than was used",
        "usage_debitline",
        "UPDATE usage_debitline SET covered_quantity = quantity + 1, tokens = 0 WHERE debit_id = %(second)s",
        "line_is_covered_within_its_quantity line_is_priced_by_its_rate debit_is_its_lines"
        " debit_drew_within_the_grants_features line_is_covered_by_windows",
    ),
    lie(
        "a line is torn out",
        "usage_debitline",
        "DELETE FROM usage_debitline WHERE debit_id = %(first)s AND position = 1",
        "debit_is_its_lines debit_lines_are_numbered debit_drew_within_the_grants_features reversals_stay_within_each_line",
    ),
    lie(
        "a line is of a feature that is not there",
        "usage_debitline",
        "UPDATE usage_debitline SET feature_id = -1 WHERE debit_id = %(late)s",
        "line_names_what_exists debit_drew_within_the_grants_features",
    ),
    lie(
        "usage is said to have paid us",
        "usage_debitline",
        "UPDATE usage_debitline SET cost = -0.01, cost_currency = 'USD' WHERE debit_id = %(second)s",
        "line_says_its_cost_in_a_currency",
    ),
    lie(
        "usage cost something, in no currency",
        "usage_debitline",
        "UPDATE usage_debitline SET cost = 0.01 WHERE debit_id = %(second)s",
        "line_says_its_cost_in_a_currency",
    ),
    lie(
        "usage cost nothing that was said, in a currency",
        "usage_debitline",
        "UPDATE usage_debitline SET cost_currency = 'USD' WHERE debit_id = %(second)s",
        "line_says_its_cost_in_a_currency",
    ),
    lie(
        "usage cost something in a currency that is not there",
        "usage_debitline",
        "UPDATE usage_debitline SET cost = 0.01, cost_currency = 'XXX' WHERE debit_id = %(second)s",
        "line_says_its_cost_in_a_currency",
    ),
    lie(
        "usage cost no number",
        "usage_debitline",
        "UPDATE usage_debitline SET cost = 'NaN', cost_currency = 'USD' WHERE debit_id = %(second)s",
        "usage_amounts_are_numbers",
    ),
)

CLAIMS = (
    lie(
        "a debit's key is gone",
        "usage_claim",
        "DELETE FROM usage_claim WHERE effect_id = %(second)s",
        "debit_has_its_claim",
    ),
    lie(
        "a debit stands under two keys",
        "usage_claim",
        """INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
           SELECT account_id, product_id, key || '-again', fingerprint, effect, effect_id, recorded_at
           FROM usage_claim WHERE effect_id = %(second)s""",
        "effect_has_one_claim",
    ),
    lie(
        "a key is claimed twice",
        "usage_claim",
        "INSERT INTO usage_claim SELECT * FROM usage_claim WHERE effect_id = %(second)s",
        "effect_has_one_claim key_is_claimed_once",
        drop="usage_claim_pkey",
    ),
    lie(
        "a key stands for nothing",
        "usage_claim",
        "UPDATE usage_claim SET effect_id = uuidv7() WHERE effect_id = %(second)s",
        "debit_has_its_claim claim_has_its_effect",
    ),
    lie(
        "a key stands for a transfer that was not",
        "usage_claim",
        "UPDATE usage_claim SET effect = 'void' WHERE effect_id = %(transfer)s",
        "claim_has_its_effect",
    ),
    lie(
        "a key is another account's",
        "usage_claim",
        "UPDATE usage_claim SET account_id = %(part)s WHERE effect_id = %(second)s",
        "debit_has_its_claim claim_has_its_effect",
    ),
    lie(
        "a reversal was asked for by nobody",
        "usage_claim",
        "DELETE FROM usage_claim WHERE effect_id = %(whole)s",
        "reversal_has_its_claim",
    ),
)

REVERSALS = (
    lie(
        "a reversal gave back more than its entries",
        "usage_reversal",
        "UPDATE usage_reversal SET tokens = tokens + 1, restored = restored + 1 WHERE id = %(part_back)s",
        "reversal_is_its_entries reversal_is_its_lines",
    ),
    lie(
        "lapsed tokens are called restored",
        "usage_reversal",
        "UPDATE usage_reversal SET lapsed = lapsed - 1, restored = restored + 1 WHERE id = %(whole)s",
        "reversal_is_its_entries",
    ),
    lie(
        "a reversal is of more than its parts",
        "usage_reversal",
        "UPDATE usage_reversal SET restored = restored + 1 WHERE id = %(whole)s",
        "reversal_is_all_accounted_for usage_constraints_stand",
        drop="reversal_is_all_accounted_for",
    ),
    lie(
        "a reversal is put on another debit",
        "usage_reversal",
        "UPDATE usage_reversal SET debit_id = %(second)s WHERE id = %(part_back)s",
        "reversal_corrects_its_own_debit reversals_stay_within_each_line",
    ),
    lie(
        "a debit is reversed beyond its tokens",
        "usage_reversal",
        "UPDATE usage_reversal SET debit_id = %(late)s WHERE id = %(whole)s",
        "reversal_corrects_its_own_debit reversals_stay_within_each_line reversals_stay_within_their_debit",
    ),
    lie(
        "a reversal came before its debit",
        "usage_reversal",
        "UPDATE usage_reversal SET recorded_at = recorded_at - interval '30 days' WHERE id = %(whole)s",
        "reversal_follows_its_debit reversal_entry_has_its_reversal claim_has_its_effect",
    ),
    lie(
        "a reversal's line is torn out",
        "usage_reversalline",
        "DELETE FROM usage_reversalline WHERE reversal_id = %(whole)s AND position = 1",
        "reversal_is_its_lines",
    ),
    lie(
        "a denial counts nothing",
        "usage_denial",
        "UPDATE usage_denial SET last_at = first_at - interval '1 day' WHERE account_id = %(part)s",
        "denial_counts_its_repeats",
    ),
)
