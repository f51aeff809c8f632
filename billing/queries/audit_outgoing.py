"""What must hold of connections: what was told is on record, each line is billed once, and no place is lost."""

from __future__ import annotations

from billing.models import ExchangeTally, Link, Outgoing, OutgoingTry, SyncCursor
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few

TOLD = (
    Check(
        "message_is_what_its_tries_say",
        Promise.AT_MOST_ONCE,
        "Each attempt at a message is on record, and one of them arrived where it is called sent.",
        """SELECT o.id AS message, o.state, o.attempts, count(t.id) AS on_record
           FROM billing_outgoing o LEFT JOIN billing_outgoingtry t ON t.outgoing_id = o.id
           GROUP BY o.id
           HAVING count(t.id) <> o.attempts OR coalesce(max(t.number), 0) <> o.attempts
              OR o.state = 'sent' AND count(*) FILTER (WHERE t.finished_at IS NOT NULL AND t.error = '') = 0""",
    ),
    Check(
        "message_is_under_way_while_it_waits",
        Promise.AT_MOST_ONCE,
        "What is under way has a last attempt that is not ended; what has ended is not under way.",
        """SELECT o.id AS message, o.state FROM billing_outgoing o
           LEFT JOIN billing_outgoingtry t ON t.outgoing_id = o.id AND t.number = o.attempts
           WHERE o.is_under_way AND (o.state <> 'waiting' OR t.id IS NULL OR t.finished_at IS NOT NULL)""",
    ),
    Check(
        "emptied_message_was_told_long_ago",
        Promise.TOLD,
        "A message without its content has ended, and is not the last that a customer's figures are compared with.",
        """SELECT o.id AS message, o.state FROM billing_outgoing o
           WHERE o.emptied_at < o.finished_at
              OR o.emptied_at IS NOT NULL AND o.kind = 'fields' AND NOT EXISTS (
                  SELECT FROM billing_outgoing n WHERE n.connection_id = o.connection_id AND n.kind = 'fields'
                    AND n.subject = o.subject AND n.id > o.id)""",
    ),
    Check(
        "invoice_item_has_its_name",
        Promise.AT_MOST_ONCE,
        "What is billed elsewhere is on record by the name that it has there.",
        """SELECT id AS message, key FROM billing_outgoing
           WHERE kind = 'invoice item' AND state = 'sent' AND external_id = ''""",
    ),
    Check(
        "invoice_item_is_its_line",
        Promise.AT_MOST_ONCE,
        "What is billed elsewhere is a line of a final invoice, or of a credit note of it, by amount, once in all.",
        """SELECT o.id AS message, o.key FROM billing_outgoing o
           LEFT JOIN billing_invoiceline l ON o.key = 'line:' || l.id
           LEFT JOIN billing_creditline d ON o.key = 'credit:' || d.id
           LEFT JOIN billing_invoiceline c ON c.id = d.line_id
           LEFT JOIN billing_invoice i ON i.id = coalesce(l.invoice_id, c.invoice_id)
           LEFT JOIN wallets_account a ON a.id = i.customer_id
           WHERE o.kind = 'invoice item'
             AND ((o.content->>'amount')::numeric = coalesce(l.amount, -d.amount) AND i.state = 'final'
                  AND o.content->>'currency' = i.currency AND o.subject = a.reference) IS NOT TRUE
           UNION ALL
           SELECT (array_agg(id))[1], key FROM billing_outgoing WHERE kind = 'invoice item'
           GROUP BY key HAVING count(*) > 1""",
    ),
    Check(
        "fetched_stream_has_its_place",
        Promise.AT_MOST_ONCE,
        "A connection of which something was fetched knows how far it was.",
        """SELECT DISTINCT r.connection_id AS connection FROM billing_received r
           WHERE r.way = 'pull' AND NOT EXISTS (
               SELECT FROM billing_synccursor s WHERE s.connection_id = r.connection_id AND s.moved_at IS NOT NULL)""",
    ),
)

GUARDS = (
    rights_are_few(
        "outgoing_rights_are_few",
        dict.fromkeys(
            ("billing_outgoing", "billing_outgoingtry", "billing_synccursor"), "DELETE, TRUNCATE, TRIGGER"
        ),
    ),
    constraints_stand(
        "outgoing_constraints_stand", (ExchangeTally, Link, Outgoing, OutgoingTry, SyncCursor), ()
    ),
)

CHECKS = (*TOLD, *GUARDS)
