"""Lies about policies with steps: what judged a debit, what a throttle has left, what was noted."""

from billing.tests.lies import lie

POLICIES = (
    lie(
        "a debit is said to have been judged by another floor",
        "usage_judgement",
        "UPDATE usage_judgement SET floor = -1000 WHERE debit_id = %(beyond)s",
        "debit_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a judgement is torn out",
        "usage_judgement",
        "DELETE FROM usage_judgement WHERE debit_id = %(by_table)s",
        "debit_has_its_judgement debit_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a debit without steps is said to have been judged by some",
        "usage_judgement",
        """INSERT INTO usage_judgement (debit_id, account_id, floor, figures)
           SELECT id, account_id, -100, '{"policies": []}' FROM usage_debit WHERE id = %(second)s""",
        "debit_has_its_judgement judgement_names_the_policies_in_force",
    ),
    lie(
        "a debit is judged by a policy that is nobody's",
        "usage_judgement",
        """UPDATE usage_judgement SET figures = figures || '{"policies": ["shared:0"]}' WHERE debit_id = %(by_table)s""",
        "judgement_names_the_policies_in_force",
    ),
    lie(
        "a shared policy never was",
        "usage_sharedpolicy",
        "DELETE FROM usage_sharedpolicy WHERE table_id = (SELECT table_id FROM usage_debit WHERE id = %(by_table)s)",
        "debit_has_its_judgement judgement_names_the_policies_in_force",
    ),
    lie(
        "a capture goes by a ladder that its hold has not",
        "usage_holdrequest",
        """UPDATE usage_holdrequest SET ladder = jsonb_set(ladder, '{policies}', '["account:0"]') WHERE id = %(kept)s""",
        "capture_goes_by_the_ladder_of_its_hold judgement_names_the_policies_in_force",
    ),
    lie(
        "a hold forgets its ladder",
        "usage_holdrequest",
        "UPDATE usage_holdrequest SET ladder = NULL, judged = NULL WHERE id = %(kept)s",
        "capture_goes_by_the_ladder_of_its_hold debit_has_its_judgement hold_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a capture owed more than its hold kept though the grace was over",
        "usage_judgement",
        """UPDATE usage_judgement SET figures = figures || '{"grace": "over"}' WHERE debit_id = %(kept_from)s""",
        "capture_goes_by_the_ladder_of_its_hold",
    ),
)

LADDERS = (
    lie(
        "a bucket is fuller than it can be",
        "usage_bucket",
        "UPDATE usage_bucket SET level = per_minute * 60000000 + 1 WHERE account_id = %(steps)s",
        "bucket_is_never_over_its_cap bucket_was_taken_from_by_its_last_debit usage_constraints_stand",
        drop="bucket_is_never_over_its_cap",
    ),
    lie(
        "a call was taken of no bucket",
        "usage_bucket",
        "UPDATE usage_bucket SET level = level + 60000000 WHERE account_id = %(steps)s",
        "bucket_was_taken_from_by_its_last_debit",
    ),
    lie(
        "a second grace came without a purchase",
        "usage_grace",
        "UPDATE usage_grace SET purchases = 1 WHERE account_id = %(steps)s",
        "grace_is_given_once_a_purchase",
    ),
    lie(
        "a grace began before its debit",
        "usage_grace",
        "UPDATE usage_grace SET started_at = started_at - interval '1 hour' WHERE account_id = %(steps)s",
        "grace_is_given_once_a_purchase",
    ),
    lie(
        "a grace was over later than was noted",
        "usage_grace",
        "UPDATE usage_grace SET ended_at = ended_at + interval '1 second' WHERE account_id = %(steps)s",
        "grace_is_over_once",
    ),
    lie(
        "a grace goes on beside the next one",
        "usage_grace",
        "UPDATE usage_grace SET ended_at = NULL, ended_by = '' WHERE account_id = %(steps)s",
        "grace_is_over_once",
    ),
    lie(
        "a threshold was noted too early",
        "usage_crossing",
        "UPDATE usage_crossing SET name = 'threshold:70' WHERE account_id = %(steps)s AND debit_id = %(half)s",
        "crossing_happened",
    ),
    lie(
        "a balance ran out twice",
        "usage_crossing",
        """INSERT INTO usage_crossing (account_id, kind, name, once, debit_id, recorded_at)
           SELECT account_id, kind, name, once || 'x', debit_id, recorded_at FROM usage_crossing
           WHERE debit_id = %(beyond)s AND kind = 'balance.depleted'""",
        "crossing_is_noted_once",
    ),
)

STOCK = (
    lie(
        "a wallet forgets where its overage began",
        "wallets_wallet",
        "UPDATE wallets_wallet SET overdrawn_from = overdrawn_from + 1 WHERE account_id = %(sharer)s",
        "wallet_knows_where_its_overage_began",
    ),
    lie(
        "a wallet counts a grant that did not start",
        "wallets_wallet",
        "UPDATE wallets_wallet SET starts = starts + 1 WHERE account_id = %(steps)s",
        "wallet_counts_the_grants_that_started",
    ),
)
