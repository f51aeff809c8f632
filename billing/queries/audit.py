"""What must hold of news and of revenue: every notice has its delivery, and what is told of deliveries is so."""

from __future__ import annotations

from billing.models import (
    Attempt,
    Delivery,
    Endpoint,
    EndpointSecret,
    News,
    Recipient,
    SellerAllowance,
    Trial,
    TrialOffer,
    TrialRequest,
    TrialSeller,
)
from billing.queries import (
    audit_acts,
    audit_connections,
    audit_months,
    audit_orders,
    audit_outgoing,
    audit_quotations,
    audit_reconciliation,
    audit_revenue,
    audit_top_ups,
)
from billing.queries.audit_fees import CHECKS as FEES
from billing.queries.audit_invoices import CHECKS as INVOICES
from billing.queries.audit_trials import TRIALS
from billing.queries.facts import FACTS
from billing.rules.reading import OVERLAP_MINUTES
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand
from config.kernel.facts import Facts

_LEAST = "'00000000-0000-0000-0000-000000000000'::uuid"


def _untold(facts: Facts) -> str:
    """Facts of one sort that a reading has left behind for good, and of which there are no news."""
    reading = f"(SELECT {{}} FROM billing_newsreading WHERE name = '{facts.name}')"
    since, read = reading.format("since_at"), reading.format("read_until")
    until = reading.format(f"read_until - interval '{OVERLAP_MINUTES} minutes'")
    return f"""SELECT '{facts.name}' AS sort, f.kind, f.fact, f.about AS account, f.at
               FROM ({facts.between(since, until, _LEAST, read)}) AS f
               WHERE f.at >= {since} AND NOT ({facts.excused})
                 AND NOT EXISTS (SELECT FROM billing_news n WHERE n.kind = f.kind AND n.fact = f.fact)"""


def _states(table: str, more: str = "") -> str:
    """Who was to be told of which type from when until when, by the history."""
    return f"""SELECT s.id, s.created_at, s.from_at, s.until_at, type{more}
               FROM (SELECT h.*, h.history_date AS from_at, lead(h.history_date) OVER (
                         PARTITION BY h.id ORDER BY h.history_date, h.history_id) AS until_at
                     FROM {table} h) s, unnest(s.types) AS type
               WHERE s.is_on"""


_MEANT = """n.recorded_at >= s.from_at AND (s.until_at IS NULL OR n.recorded_at < s.until_at)
            AND n.occurred_at >= s.created_at"""

NEWS = (
    Check(
        "fact_has_its_news",
        Promise.TOLD,
        "Of whatever happened before facts were last looked for, and a quarter of an hour more, there are news.",
        " UNION ALL ".join(_untold(facts) for facts in FACTS),
    ),
    Check(
        "news_are_on_their_way_to_all",
        Promise.TOLD,
        "News have a delivery to each endpoint and recipient that was on and had chosen their type when they were found.",
        f"""SELECT n.id AS news, n.kind, s.id AS endpoint, NULL::bigint AS recipient
            FROM ({_states("billing_historicalendpoint")}) s JOIN billing_news n ON n.kind = s.type AND {_MEANT}
            WHERE NOT EXISTS (SELECT FROM billing_delivery d WHERE d.news_id = n.id AND d.endpoint_id = s.id)
            UNION ALL
            SELECT n.id, n.kind, NULL, s.id
            FROM ({_states("billing_historicalrecipient", ", s.about_id")}) s
            JOIN billing_news n ON n.kind = s.type AND {_MEANT} AND (s.about_id IS NULL OR s.about_id = n.about_id)
            WHERE NOT EXISTS (SELECT FROM billing_delivery d WHERE d.news_id = n.id AND d.recipient_id = s.id)""",
    ),
    Check(
        "delivery_is_what_its_attempts_say",
        Promise.TOLD,
        "Each attempt at a delivery is on record, and one of them arrived where it is called delivered.",
        """SELECT d.id AS delivery, d.state, d.attempts, count(a.id) AS on_record
           FROM billing_delivery d LEFT JOIN billing_attempt a ON a.delivery_id = d.id
           GROUP BY d.id
           HAVING count(a.id) <> d.attempts OR coalesce(max(a.number), 0) <> d.attempts
              OR d.state = 'delivered' AND count(*) FILTER (WHERE a.finished_at IS NOT NULL AND a.error = '') = 0""",
    ),
    Check(
        "news_are_read",
        Promise.TOLD,
        "Facts were looked for within the last five minutes.",
        """SELECT name AS sort, read_until FROM billing_newsreading
           WHERE read_until < clock_timestamp() - interval '5 minutes'""",
        is_note=True,
    ),
)

_KEPT = ("billing_news", "billing_delivery", "billing_attempt")
GUARDS = (
    triggers_stand(
        "news_triggers_stand", {table: (f"{table}_only_grows", f"{table}_never_empties") for table in _KEPT}
    ),
    rights_are_few(
        "news_rights_are_few",
        {
            **dict.fromkeys(_KEPT, "DELETE, TRUNCATE, TRIGGER"),
            **dict.fromkeys(
                ("billing_news", "billing_historicalendpoint", "billing_historicalrecipient"),
                "UPDATE, DELETE, TRUNCATE, TRIGGER",
            ),
        },
    ),
    constraints_stand(
        "news_constraints_stand", (Attempt, Delivery, Endpoint, EndpointSecret, News, Recipient), ()
    ),
    constraints_stand(
        "trial_constraints_stand", (SellerAllowance, Trial, TrialOffer, TrialRequest, TrialSeller), ()
    ),
    rights_are_few(
        "trial_rights_are_few",
        {
            "billing_sellerallowance": "UPDATE, DELETE, TRUNCATE, TRIGGER",
            **dict.fromkeys(("billing_trial", "billing_trialrequest"), "DELETE, TRUNCATE, TRIGGER"),
        },
    ),
)

CHECKS = (
    *NEWS,
    *GUARDS,
    *audit_orders.CHECKS,
    *audit_months.CHECKS,
    *audit_revenue.CHECKS,
    *audit_acts.CHECKS,
    *INVOICES,
    *FEES,
    *TRIALS,
    *audit_top_ups.CHECKS,
    *audit_connections.CHECKS,
    *audit_quotations.CHECKS,
    *audit_reconciliation.CHECKS,
    *audit_outgoing.CHECKS,
)
