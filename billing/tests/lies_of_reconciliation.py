"""Lies about gaps, the inbox and the agreement of closed months."""

from billing.tests.lies import lie

RECONCILIATION = (
    lie(
        "an open gap is called closed and its row stays",
        "billing_gap",
        "UPDATE billing_gap SET state = 'closed', how = 'itself', closed_at = now() WHERE id = %(open_gap)s",
        "open_gap_has_its_inbox_row gap_is_what_its_notes_say",
    ),
    lie(
        "the row of an open gap is resolved behind its back",
        "billing_inboxitem",
        "UPDATE billing_inboxitem SET state = 'resolved', resolved_at = now() WHERE id = %(gap_row)s",
        "open_gap_has_its_inbox_row inbox_row_is_what_its_notes_say",
    ),
    lie(
        "a gap was accepted by somebody else",
        "billing_gap",
        "UPDATE billing_gap SET closed_by = 'nobody' WHERE id = %(accepted_gap)s",
        "gap_is_what_its_notes_say",
    ),
    lie(
        "a row of the inbox was raised twice",
        "billing_inboxnote",
        """INSERT INTO billing_inboxnote (item_id, verb, said, by, at)
           SELECT item_id, verb, said, by, at FROM billing_inboxnote WHERE item_id = %(gap_row)s""",
        "inbox_row_is_what_its_notes_say",
    ),
    lie(
        "a day of a closed month was not compared since",
        "billing_reconciledday",
        "UPDATE billing_reconciledday SET reconciled_at = '2001-01-20' WHERE day = '2001-01-15'",
        "closed_month_agreed",
    ),
    lie(
        "a gap was open when its month was closed",
        "billing_gapnote",
        """WITH moved AS (UPDATE billing_gap SET day = '2001-01-09' WHERE id = %(open_gap)s)
           UPDATE billing_gapnote SET at = '2001-01-31' WHERE gap_id = %(open_gap)s""",
        "closed_month_agreed",
    ),
    lie(
        "a closed month is said to have heard a connection that was not asked",
        "billing_periodanswer",
        """INSERT INTO billing_periodanswer (period_id, connection_id, answered_at)
           SELECT p.id, c.id, p.closed_at FROM billing_accountingperiod p, billing_connection c
           WHERE p.reopened_at IS NULL AND c.created_at IS NOT NULL ORDER BY p.id, c.id LIMIT 1""",
        "closed_month_was_answered",
    ),
    lie(
        "a sale that differs elsewhere stands in no gap",
        "billing_comparedrecord",
        """INSERT INTO billing_comparedrecord (connection_id, kind, name, month, day, here, currency, agrees, compared_at)
           SELECT id, 'sale', 'unheard', '2001-03-01', '2001-03-03', 5, 'USD', false, now() FROM billing_connection
           ORDER BY id LIMIT 1""",
        "compared_record_has_its_gap",
    ),
    lie(
        "a gap is sent again by somebody who never asked for it",
        "billing_gapresend",
        """INSERT INTO billing_gapresend (gap_id, connection_id, asked_by, reason, asked_at, finished_at, said)
           SELECT %(open_gap)s, id, 'nobody', 'Because.', now(), now(), '' FROM billing_connection ORDER BY id LIMIT 1""",
        "resend_was_asked_for",
    ),
    lie(
        "what became of gaps is no longer guarded",
        "wallets_account",
        "ALTER TABLE billing_gapnote DISABLE TRIGGER billing_gapnote_only_grows",
        "reconciliation_triggers_stand",
    ),
    lie(
        "the app may forget gaps",
        "wallets_account",
        "GRANT DELETE ON billing_gap TO tokendesk_app",
        "reconciliation_rights_are_few",
    ),
    lie(
        "a subject may have two open rows",
        "billing_inboxitem",
        "UPDATE billing_inboxitem SET title = title",
        "reconciliation_constraints_stand",
        drop="inbox_has_one_open_row_a_subject",
    ),
)
