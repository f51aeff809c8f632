"""Lies about acts at the desk, as `billing.tests.lies`."""

from __future__ import annotations

from billing.tests.lies import lie

ACTS = (
    lie(
        "somebody approved what they had asked for",
        "billing_handact",
        "UPDATE billing_handact SET decided_by_id = asked_by_id WHERE id = %(act_approved)s",
        "act_was_decided_by_another act_constraints_stand",
        drop="act_is_decided_by_somebody_else",
    ),
    lie(
        "what was declined is called done",
        "billing_handact",
        "UPDATE billing_handact SET state = 'approved' WHERE id = %(act_declined)s",
        "act_has_its_effect",
    ),
    lie(
        "what was done is said to wait",
        "billing_handact",
        "UPDATE billing_handact SET state = 'waiting' WHERE id = %(act_alone)s",
        "act_has_its_effect",
    ),
    lie(
        "an order by hand was never placed",
        "billing_handact",
        "UPDATE billing_handact SET kind = 'order' WHERE id = %(act_alone)s",
        "act_of_an_order_is_its_version",
    ),
    lie(
        "a quotation was accepted by hand that nobody accepted",
        "billing_handact",
        """UPDATE billing_handact SET "order" = "order" || jsonb_build_object('quotation', uuidv7()) WHERE id = %(act_accepted)s""",
        "act_of_an_order_is_its_version",
    ),
    lie(
        "one alone may decide",
        "wallets_account",
        "ALTER TABLE billing_handact DISABLE TRIGGER billing_act_is_by_two",
        "act_triggers_stand",
    ),
    lie(
        "the app may forget acts",
        "wallets_account",
        "GRANT DELETE ON billing_handact TO tokendesk_app",
        "act_rights_are_few",
    ),
)
