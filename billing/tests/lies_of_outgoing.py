"""Lies of what outside systems were told, as `billing.tests.lies`."""

from __future__ import annotations

from billing.tests.lies import lie

OUTGOING = (
    lie(
        "an attempt at a message is forgotten",
        "billing_outgoingtry",
        "DELETE FROM billing_outgoingtry WHERE outgoing_id = %(told)s",
        "message_is_what_its_tries_say",
    ),
    lie(
        "a message lost its content before it had ended",
        "billing_outgoing",
        "UPDATE billing_outgoing SET emptied_at = created_at - interval '1 day' WHERE id = %(told)s",
        "emptied_message_was_told_long_ago",
    ),
    lie(
        "a failed message is called sent",
        "billing_outgoingtry",
        "UPDATE billing_outgoingtry SET error = 'It answered 500.' WHERE outgoing_id = %(told)s",
        "message_is_what_its_tries_say",
    ),
    lie(
        "what has arrived is under way",
        "billing_outgoing",
        "UPDATE billing_outgoing SET is_under_way = true WHERE id = %(told)s",
        "message_is_under_way_while_it_waits",
    ),
    lie(
        "nobody knows what a line is called there",
        "billing_outgoing",
        "UPDATE billing_outgoing SET external_id = '' WHERE id = %(billed)s",
        "invoice_item_has_its_name",
    ),
    lie(
        "more is billed elsewhere than the line asks for",
        "billing_outgoing",
        'UPDATE billing_outgoing SET content = content || \'{"amount": "9999.99"}\' WHERE id = %(billed)s',
        "invoice_item_is_its_line",
    ),
    lie(
        "a line is billed by two connections",
        "billing_outgoing",
        """INSERT INTO billing_outgoing SELECT uuidv7(), o.kind, o.key, o.subject, o.content, 'waiting', 0, 0,
               o.created_at, o.created_at, NULL, '', '', '', '', %(other_connection)s, false, false, NULL
           FROM billing_outgoing o WHERE id = %(billed)s""",
        "invoice_item_is_its_line",
    ),
    lie(
        "a place is forgotten",
        "billing_synccursor",
        "DELETE FROM billing_synccursor WHERE connection_id = %(connection)s",
        "fetched_stream_has_its_place",
    ),
    lie(
        "the app may delete messages",
        "wallets_account",
        "GRANT DELETE ON billing_outgoing TO tokendesk_app",
        "outgoing_rights_are_few",
    ),
    lie(
        "a message may be made twice",
        "wallets_account",
        "ALTER TABLE billing_outgoing DROP CONSTRAINT message_is_made_once_a_key",
        "outgoing_constraints_stand",
    ),
)
