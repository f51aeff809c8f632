"""What must hold of what outside systems told: nothing is lost, and what it came to is there."""

from __future__ import annotations

from billing.models import (
    BodyRemoval,
    Connection,
    ConnectionSecret,
    ExternalRefund,
    ExternalSale,
    FieldRule,
    Handling,
    Link,
    Received,
    RefundChange,
)
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand

_CAME = """(SELECT h.received_id, came ->> 'about' AS about, came ->> 'ref' AS ref, (came ->> 'superseded')::boolean AS superseded,
                (came ->> 'version')::bigint AS version
         FROM billing_handling h CROSS JOIN LATERAL jsonb_array_elements(h.outcome) AS came WHERE h.state = 'applied' OFFSET 0) AS c"""
_VERSIONS = "(SELECT n.external_id, v.* FROM billing_ordername n JOIN billing_orderversion v ON v.order_id = n.order_id) AS v"
_UNDONE = """(SELECT DISTINCT r.sale_id FROM billing_externalrefund r
         LEFT JOIN (SELECT DISTINCT ON (refund_id) refund_id, is_whole FROM billing_refundchange
                    ORDER BY refund_id, number DESC) h ON h.refund_id = r.id
         WHERE coalesce(h.is_whole, r.is_whole)) AS w"""

CHECKED = (
    Check(
        "received_has_its_handling",
        Promise.TOLD,
        "Whatever an outside system told is on its way to be applied, or was decided on.",
        """SELECT r.id AS received, r.external_id FROM billing_received r
           LEFT JOIN billing_handling h ON h.received_id = r.id
           WHERE h.connection_id IS DISTINCT FROM r.connection_id""",
    ),
    Check(
        "received_body_is_what_was_told",
        Promise.TOLD,
        "The bytes that an outside system told are those that were stored first.",
        """SELECT r.id AS received, r.external_id FROM billing_received r
           JOIN billing_receivedbody b ON b.received_id = r.id WHERE sha256(b.content) <> r.digest""",
    ),
    Check(
        "removed_body_was_erased_by_somebody_or_old",
        Promise.TOLD,
        "What was told is there, or it was removed: by somebody who said why, or when it had been done with for as long "
        "as it is kept.",
        """SELECT r.id AS received, r.external_id, e.why, e.by FROM billing_received r
           LEFT JOIN billing_receivedbody b ON b.received_id = r.id
           LEFT JOIN billing_bodyremoval e ON e.received_id = r.id
           LEFT JOIN billing_handling h ON h.received_id = r.id
           WHERE (b.received_id IS NULL) <> (e.received_id IS NOT NULL)
              OR e.why = 'person' AND (btrim(e.by) = '' OR btrim(e.reason) = '')
              OR e.why = 'age' AND h.finished_at + make_interval(days => e.days) > e.removed_at""",
    ),
    Check(
        "removed_body_waits_for_nothing",
        Promise.TOLD,
        "What was removed is not to be applied: its record was applied or ignored.",
        """SELECT h.received_id AS received, h.state FROM billing_handling h
           JOIN billing_bodyremoval e ON e.received_id = h.received_id WHERE h.state IN ('waiting', 'dead')""",
    ),
    Check(
        "applied_record_came_to_something",
        Promise.TOLD,
        "A record that was applied says what it came to, and that is there: an account, a version of an order, a trial.",
        f"""SELECT received_id AS received, NULL AS ref FROM billing_handling
            WHERE state = 'applied' AND jsonb_array_length(outcome) = 0
            UNION ALL
            SELECT c.received_id, c.ref FROM {_CAME}
            LEFT JOIN wallets_account a ON a.reference = c.ref WHERE c.about = 'account' AND a.id IS NULL
            UNION ALL
            SELECT c.received_id, c.ref FROM {_CAME}
            LEFT JOIN billing_trial t ON t.id::text = c.ref WHERE c.about = 'trial' AND t.id IS NULL
            UNION ALL
            SELECT c.received_id, c.ref FROM {_CAME}
            LEFT JOIN billing_trialrequest t ON t.id::text = c.ref WHERE c.about = 'request' AND t.id IS NULL
            UNION ALL
            SELECT c.received_id, c.ref FROM {_CAME}
            LEFT JOIN (SELECT "order", max(version) AS version FROM billing_externalsale GROUP BY 1) AS s ON s."order" = c.ref
            LEFT JOIN {_VERSIONS} ON v.external_id = c.ref AND v.number = c.version
            WHERE c.about = 'order'
              AND CASE WHEN c.superseded THEN (s.version > c.version) IS NOT TRUE ELSE v.id IS NULL END""",
    ),
    Check(
        "sale_of_theirs_is_its_order",
        Promise.AT_MOST_ONCE,
        "What an outside system sold is what it said, and the version of the order that it came to, cancelled where all "
        "was given back and that stands.",
        f"""SELECT s.id AS sale, s."order", s.number FROM billing_externalsale s
            JOIN billing_connection c ON c.id = s.connection_id
            LEFT JOIN {_VERSIONS} ON v.external_id = s."order" AND v.number = s.number
            LEFT JOIN {_UNDONE} ON w.sale_id = s.id
            WHERE s."order" <> c.code || ':' || s.external_id OR sha256(convert_to(s.wish, 'UTF8')) <> s.fingerprint
               OR s.number < s.version
               OR s.number IS NULL AND s.wish::jsonb -> 'lines' <> '[]'
               OR s.number IS NOT NULL AND (v.placed_by = c.code AND (v.state = 'cancelled' OR w.sale_id IS NULL)) IS NOT TRUE""",
    ),
    Check(
        "customer_of_theirs_is_one_account",
        Promise.SHAPE,
        "A customer of theirs that is linked has its account, and one that was merged has another in its place.",
        """SELECT l.id AS link, l.external_id, l.state, l.merged_into FROM billing_link l
           LEFT JOIN wallets_account a ON a.id = l.about_id
           WHERE l.kind = 'customer' AND (
                 l.about_id IS DISTINCT FROM a.id OR l.state = 'linked' AND a.id IS NULL
              OR (l.state = 'merged') <> (l.merged_into <> '') OR l.merged_into = l.external_id)""",
    ),
    Check(
        "received_is_applied_in_time",
        Promise.TOLD,
        "No record of a connection that is on and set up has been due for more than an hour.",
        """SELECT h.received_id AS received, h.next_at FROM billing_handling h
           JOIN billing_connection c ON c.id = h.connection_id
           LEFT JOIN billing_connectionhealth s ON s.connection_id = c.id
           WHERE c.state = 'on' AND s.needed_since IS NULL AND h.state = 'waiting' AND h.next_at < clock_timestamp() - interval '1 hour'""",
        is_note=True,
    ),
)

_FACTS = ("billing_received", "billing_bodyremoval", "billing_externalrefund", "billing_refundchange")
GUARDS = (
    triggers_stand(
        "connection_triggers_stand",
        {table: (f"{table}_only_grows", f"{table}_never_empties") for table in _FACTS},
    ),
    rights_are_few(
        "connection_rights_are_few",
        {
            **dict.fromkeys(
                (*_FACTS, "billing_historicalconnection", "billing_historicalfieldrule"),
                "UPDATE, DELETE, TRUNCATE, TRIGGER",
            ),
            **dict.fromkeys(
                ("billing_handling", "billing_externalsale", "billing_link"), "DELETE, TRUNCATE, TRIGGER"
            ),
        },
    ),
    constraints_stand(
        "connection_constraints_stand",
        (
            BodyRemoval,
            Connection,
            ConnectionSecret,
            ExternalRefund,
            ExternalSale,
            FieldRule,
            Handling,
            Link,
            Received,
            RefundChange,
        ),
        (),
    ),
)

CHECKS = (*CHECKED, *GUARDS)
