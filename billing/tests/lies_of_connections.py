"""Lies about what outside systems told."""

from billing.tests.lies import lie

_OUTCOME = "UPDATE billing_handling SET outcome = {} WHERE received_id = %({})s"

CONNECTIONS = (
    lie(
        "what was told is on its way nowhere",
        "billing_handling",
        "DELETE FROM billing_handling WHERE received_id = %(told_late)s",
        "received_has_its_handling",
    ),
    lie(
        "another body was told",
        "billing_receivedbody",
        "UPDATE billing_receivedbody SET content = content || 'x'::bytea WHERE received_id = %(told_sale)s",
        "received_body_is_what_was_told",
    ),
    lie(
        "a body is gone and nobody says why",
        "billing_receivedbody",
        "DELETE FROM billing_receivedbody WHERE received_id = %(told_sale)s",
        "removed_body_was_erased_by_somebody_or_old",
    ),
    lie(
        "a body was erased by nobody",
        "billing_bodyremoval",
        "UPDATE billing_bodyremoval SET by = ' ' WHERE received_id = %(told_second)s",
        "removed_body_was_erased_by_somebody_or_old",
    ),
    lie(
        "a body was removed before its days were over",
        "billing_bodyremoval",
        "UPDATE billing_bodyremoval SET days = 92 WHERE received_id = %(told_long_ago)s",
        "removed_body_was_erased_by_somebody_or_old",
    ),
    lie(
        "a body is said to be removed and lies there",
        "billing_bodyremoval",
        """INSERT INTO billing_bodyremoval (received_id, removed_at, why, by, reason)
           VALUES (%(told_sale)s, clock_timestamp(), 'person', 'a person', 'He asked for it.')""",
        "removed_body_was_erased_by_somebody_or_old",
    ),
    lie(
        "a record whose body was erased is to be applied",
        "billing_handling",
        """UPDATE billing_handling SET state = 'waiting', next_at = clock_timestamp(), finished_at = NULL
           WHERE received_id = %(told_second)s""",
        "removed_body_waits_for_nothing",
    ),
    lie(
        "a sale came to nothing",
        "billing_handling",
        _OUTCOME.format("'[]'", "told_sale"),
        "applied_record_came_to_something",
    ),
    lie(
        "a sale came to a version that is not there",
        "billing_handling",
        _OUTCOME.format("jsonb_set(outcome, '{0,version}', '77')", "told_sale"),
        "applied_record_came_to_something",
    ),
    lie(
        "something else was sold",
        "billing_externalsale",
        "UPDATE billing_externalsale SET wish = replace(wish, 'SO-1', 'SO-9') WHERE id = %(external_sale)s",
        "sale_of_theirs_is_its_order",
    ),
    lie(
        "a sale came to no version of its order",
        "billing_externalsale",
        "UPDATE billing_externalsale SET number = 9 WHERE id = %(external_sale)s",
        "sale_of_theirs_is_its_order",
    ),
    lie(
        "all was given back and the order goes on",
        "billing_externalrefund",
        "UPDATE billing_externalrefund SET is_whole = true WHERE id = %(external_refund)s",
        "sale_of_theirs_is_its_order",
    ),
    lie(
        "a refund that failed gave all back and the order goes on",
        "billing_refundchange",
        "UPDATE billing_refundchange SET has_failed = false, is_whole = true WHERE id = %(refund_change)s",
        "sale_of_theirs_is_its_order",
    ),
    lie(
        "a customer is linked to nobody",
        "billing_link",
        "UPDATE billing_link SET about_id = NULL WHERE id = %(customer_link)s",
        "customer_of_theirs_is_one_account connection_constraints_stand outgoing_constraints_stand",
        "linked_customer_has_its_account",
    ),
    lie(
        "a customer was merged into nobody",
        "billing_link",
        "UPDATE billing_link SET merged_into = '' WHERE id = %(merged_link)s",
        "customer_of_theirs_is_one_account connection_constraints_stand outgoing_constraints_stand",
        "link_is_merged_into_another",
    ),
    lie(
        "what was told is no longer guarded",
        "wallets_account",
        "DROP TRIGGER billing_received_only_grows ON billing_received",
        "connection_triggers_stand",
    ),
    lie(
        "the app may forget what was told",
        "wallets_account",
        "GRANT DELETE ON billing_received TO tokendesk_app",
        "connection_rights_are_few",
    ),
    lie(
        "a record may be received twice",
        "wallets_account",
        "ALTER TABLE billing_received DROP CONSTRAINT record_is_received_once",
        "connection_constraints_stand",
    ),
)
