"""What must hold of gaps and of the inbox: each open gap has its row, and what became of either is on record."""

from __future__ import annotations

from billing.models import (
    AcceptedAbsence,
    ComparedDay,
    ComparedRecord,
    ComparisonTurn,
    Gap,
    GapNote,
    GapResend,
    InboxItem,
    InboxNote,
    PeriodAnswer,
    ReconciledDay,
    ReconciledSum,
    Reconciliation,
)
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand

RECONCILIATION = (
    Check(
        "open_gap_has_its_inbox_row",
        Promise.TOLD,
        "An open gap of a reconciliation has one row in the inbox that is not resolved, and a closed one has none.",
        """SELECT g.customer_id AS account, coalesce(g.id::text, i.subject) AS gap, g.kind, g.state, i.id AS row, i.state AS row_state
           FROM (SELECT * FROM billing_gap WHERE state = 'open') g
           FULL JOIN (SELECT * FROM billing_inboxitem WHERE rule = 'gap' AND state <> 'resolved') i ON i.subject = g.id::text
           WHERE g.id IS NULL OR i.id IS NULL""",
    ),
    Check(
        "gap_is_what_its_notes_say",
        Promise.SHAPE,
        "What became of a gap last, by its notes, is how it stands, and whoever closed it is named there.",
        """SELECT g.customer_id AS account, g.id AS gap, g.state, g.how, n.verb, n.by FROM billing_gap g
           LEFT JOIN LATERAL (SELECT verb, by FROM billing_gapnote WHERE gap_id = g.id ORDER BY id DESC LIMIT 1) n ON true
           WHERE (g.closed_by = CASE g.state WHEN 'open' THEN '' ELSE n.by END AND CASE g.how
                  WHEN 'itself' THEN n.verb = 'gone' WHEN '' THEN n.verb IN ('found', 'changed', 'again', 'asked', 'stays')
                  ELSE n.verb = g.how END) IS NOT TRUE""",
    ),
    Check(
        "inbox_row_is_what_its_notes_say",
        Promise.SHAPE,
        "A row of the inbox was raised once and is resolved where its notes say so.",
        """SELECT i.customer_id AS account, i.id AS row, i.state, n.raised, n.resolved FROM billing_inboxitem i
           LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE verb = 'raised') AS raised, count(*) FILTER (WHERE verb = 'resolved') AS resolved
                              FROM billing_inboxnote WHERE item_id = i.id) n ON true
           WHERE n.raised <> 1 OR n.resolved <> CASE i.state WHEN 'resolved' THEN 1 ELSE 0 END""",
    ),
    Check(
        "closed_month_agreed",
        Promise.CONSERVATION,
        "Each day of a closed month was reconciled after the month was over, and no gap of it was open when it was closed.",
        """SELECT p.month, d.day, k.reconciled_at, NULL::uuid AS gap
           FROM billing_accountingperiod p
           CROSS JOIN LATERAL generate_series(p.month, p.month + interval '1 month' - interval '1 day', '1 day') AS d (day)
           LEFT JOIN billing_reconciledday k ON k.day = d.day
           WHERE p.reopened_at IS NULL AND (k.reconciled_at >= (p.month + interval '1 month') AT TIME ZONE 'UTC') IS NOT TRUE
           UNION ALL
           SELECT p.month, g.day, g.first_seen_at, g.id
           FROM billing_accountingperiod p
           JOIN billing_gap g ON g.day >= p.month AND g.day < p.month + interval '1 month'
           JOIN LATERAL (SELECT verb FROM billing_gapnote n WHERE n.gap_id = g.id AND n.at <= p.closed_at ORDER BY n.id DESC LIMIT 1) n
               ON n.verb IN ('found', 'changed', 'again', 'asked', 'stays')
           WHERE p.reopened_at IS NULL""",
    ),
    Check(
        "closed_month_was_answered",
        Promise.CONSERVATION,
        "Each connection that a closed month heard had answered for its days since it was over, or somebody said why not.",
        """SELECT p.month, w.connection_id AS connection, w.answered_at FROM billing_accountingperiod p
           JOIN billing_periodanswer w ON w.period_id = p.id JOIN billing_connection c ON c.id = w.connection_id
           LEFT JOIN billing_acceptedabsence b ON b.id = w.absence_id AND b.connection_id = c.id AND b.month = p.month
           WHERE p.reopened_at IS NULL AND b.id IS NULL AND (
               c.created_at >= (p.month + interval '1 month') AT TIME ZONE 'UTC' OR EXISTS (
               SELECT FROM generate_series(greatest(p.month, (c.created_at AT TIME ZONE 'UTC')::date),
                                           p.month + interval '1 month' - interval '1 day', '1 day') AS d (day)
               LEFT JOIN billing_comparedday k ON k.connection_id = c.id AND k.day = d.day
               WHERE (k.compared_at >= (p.month + interval '1 month') AT TIME ZONE 'UTC') IS NOT TRUE))""",
    ),
    Check(
        "compared_record_has_its_gap",
        Promise.TOLD,
        "What an outside system has otherwise stands in a gap of its month, and what agrees stands in none that is open.",
        """SELECT r.connection_id AS connection, r.kind, r.name, r.day, r.agrees FROM billing_comparedrecord r
           JOIN billing_connection c ON c.id = r.connection_id
           CROSS JOIN LATERAL (
               SELECT count(*) AS gaps, count(*) FILTER (WHERE g.state = 'open') AS open FROM billing_gap g
               WHERE g.kind IN ('missing_here', 'missing_there', 'differs')
                 AND g.subject = left(c.code || ' ' || r.kind || ' ' || r.name, 200)
                 AND g.day >= r.month AND g.day < r.month + interval '1 month') g
           WHERE r.agrees AND g.open > 0 OR NOT r.agrees AND g.gaps = 0""",
    ),
    Check(
        "resend_was_asked_for",
        Promise.SHAPE,
        "What is sent or fetched again of a gap stands in its notes, with who asked for it.",
        """SELECT r.id AS resend, r.gap_id AS gap, r.asked_by FROM billing_gapresend r
           WHERE NOT EXISTS (SELECT FROM billing_gapnote n
                             WHERE n.gap_id = r.gap_id AND n.verb = 'asked' AND n.by = r.asked_by AND n.said = r.reason)""",
    ),
    Check(
        "days_are_reconciled",
        Promise.TOLD,
        "Of the last seven days that are over each was reconciled.",
        """SELECT d.day::date FROM generate_series(now() - interval '8 days', now() - interval '2 days', '1 day') AS d (day)
           WHERE EXISTS (SELECT FROM wallets_account WHERE created_at < d.day)
             AND NOT EXISTS (SELECT FROM billing_reconciledday k WHERE k.day = (d.day AT TIME ZONE 'UTC')::date)""",
        is_note=True,
    ),
)

_KEPT = (
    *("billing_gap", "billing_gapnote", "billing_inboxitem", "billing_inboxnote", "billing_reconciliation"),
    *("billing_acceptedabsence", "billing_gapresend", "billing_periodanswer"),
)
GUARDS = (
    triggers_stand(
        "reconciliation_triggers_stand",
        {table: (f"{table}_only_grows", f"{table}_never_empties") for table in _KEPT},
    ),
    rights_are_few(
        "reconciliation_rights_are_few",
        {
            **dict.fromkeys(
                ("billing_gap", "billing_gapresend", "billing_inboxitem", "billing_reconciliation"),
                "DELETE, TRUNCATE, TRIGGER",
            ),
            **dict.fromkeys(
                ("billing_acceptedabsence", "billing_gapnote", "billing_inboxnote", "billing_periodanswer"),
                "UPDATE, DELETE, TRUNCATE, TRIGGER",
            ),
        },
    ),
    constraints_stand(
        "reconciliation_constraints_stand",
        (
            *(AcceptedAbsence, ComparedDay, ComparedRecord, ComparisonTurn, GapResend, PeriodAnswer),
            *(Gap, GapNote, InboxItem, InboxNote, ReconciledDay, ReconciledSum, Reconciliation),
        ),
        (),
    ),
)

CHECKS = (*RECONCILIATION, *GUARDS)
