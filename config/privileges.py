"""What the app role may do: one table, applied by the owner after each migration.

Money moves only inside functions that run as the owner (SECURITY DEFINER). So the app role reads the tables they move
and changes none of them, adds rows where rows are plain facts, and edits the rest.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from psycopg import sql

READ_ONLY = frozenset(
    {
        "django_migrations",
        "pricing_epoch",
        "pricing_withdrawal",
        "usage_allowanceuse",
        "usage_allowancewindow",
        "usage_bucket",
        "usage_budgetcount",
        "usage_budgetuse",
        "usage_checkout",
        "usage_checkoutcharge",
        "usage_checkoutmove",
        "usage_correction",
        "usage_crossing",
        "usage_backfillevent",
        "usage_beyondpolicy",
        "usage_debit",
        "usage_debitline",
        "usage_denial",
        "usage_event",
        "usage_eventidentity",
        "usage_grace",
        *("usage_holdbudget", "usage_holdcover", "usage_holdline", "usage_holdrequest", "usage_holdstep"),
        "usage_judgement",
        *("usage_refusalnote", "usage_rollups"),
        "usage_reversal",
        "usage_reversalline",
        "usage_segmentterms",
        "usage_sharedpolicy",
        "usage_sharedpolicystep",
        "usage_standing",
        "usage_termswithdrawal",
        "usage_tiercount",
        *("usage_usageday", "usage_usagemix", "usage_usageslot", "usage_usagetotal"),
        "usage_waitingevent",
        "wallets_entry",
        "wallets_expirychange",
        "wallets_grant",
        "wallets_hold",
        "wallets_holdentry",
        "wallets_overage",
        "wallets_pin",
        "wallets_wallet",
        "wallets_zone",
    }
)
# Processes remember these rows for good, and hot rows name them without foreign keys. (Triggers keep pricing's.)
# Rules are switched off, so that their history has something to belong to.
NEVER_DELETED = frozenset(
    {
        *("billing_accesslink", "billing_buyerrule", "billing_connection"),
        "billing_connectionhealth",
        "billing_externalsale",
        "billing_handling",
        "billing_link",
        "billing_outgoing",
        "billing_outgoingtry",
        "billing_resync",
        "billing_synccursor",
        "billing_exchangetally",
        "billing_figurelook",
        "billing_figurereading",
        "billing_accountbilling",
        "billing_accountingperiod",
        "billing_actrule",
        "billing_attempt",
        "billing_delivery",
        "billing_deliverytally",
        "billing_endpoint",
        "billing_comparedday",
        "billing_comparisonturn",
        "billing_gap",
        "billing_gapresend",
        "billing_grantmonth",
        "billing_grantrevenue",
        "billing_handact",
        "billing_journalaccount",
        *("billing_digestchoice", "billing_digestmail"),
        "billing_inboxitem",
        "billing_ledgerreading",
        "billing_invoice",
        "billing_newsreading",
        "billing_offer",
        "billing_orderclock",
        "billing_ordergrant",
        "billing_ordertrial",
        "billing_orderperiod",
        "billing_portion",
        "billing_promotion",
        "billing_discountrule",
        "billing_pushedterm",
        "billing_quotation",
        "billing_quotationyear",
        "billing_recipient",
        "billing_reconciledday",
        "billing_reconciliation",
        "billing_revenuemonth",
        "billing_unpaidmonth",
        "billing_seller",
        "billing_trialseller",
        "billing_trial",
        "billing_trialoffer",
        "billing_trialrequest",
        "billing_topup",
        "billing_topuprule",
        "pricing_reviewrule",
        "usage_apikey",
        "usage_backfill",
        "usage_rerating",
        "usage_reratingleft",
        "usage_reratingline",
        "usage_segment",
        "usage_unlock",
        "usage_usagelink",
        "wallets_account",
        "wallets_currency",
        "wallets_tokenunit",
    }
)
ADD_ONLY = frozenset(
    {
        "billing_historicalconnection",
        "billing_historicalfieldrule",
        "billing_externalrefund",
        "billing_refundchange",
        "billing_received",
        "billing_bodyremoval",
        "billing_billedmonth",
        "billing_creditedcharge",
        "billing_creditedoverage",
        "billing_creditline",
        "billing_creditnote",
        "billing_acceptedabsence",
        "billing_gapnote",
        "billing_periodanswer",
        "billing_grantrepricing",
        "billing_grantsale",
        "billing_historicalaccountbilling",
        *("billing_historicalactrule", "billing_historicalbuyerrule", "billing_historicaldigestchoice"),
        "billing_historicalendpoint",
        "billing_historicaloffer",
        "billing_historicalofferaccess",
        "billing_historicalofferallowance",
        "billing_historicalofferseats",
        "billing_historicaloffertokens",
        "billing_historicaljournalaccount",
        "billing_historicalrecipient",
        "billing_historicalseller",
        "billing_inboxnote",
        "billing_invoicedcharge",
        "billing_invoicedoverage",
        "billing_historicaltrialoffer",
        "billing_historicaltopuprule",
        "billing_news",
        "billing_order",
        "billing_orderanswer",
        "billing_ordercharge",
        "billing_orderline",
        "billing_ordername",
        "billing_orderversion",
        "billing_periodfigure",
        "billing_overagerate",
        "billing_sellerallowance",
        "billing_historicaldiscountrule",
        "billing_historicalpromotion",
        "billing_historicalquotation",
        "billing_promotionuse",
        "billing_quotationanswer",
        "billing_quotationdecision",
        "pricing_costimport",
        "pricing_costrate",
        "pricing_decision",
        "pricing_historicalrate",
        "pricing_historicalversion",
        "pricing_refusal",
        "pricing_review",
        "usage_access",
        "usage_allowance",
        "usage_booksclosed",
        "usage_budget",
        "usage_budgetlimit",
        "usage_claim",
        "usage_defaultterms",
        "usage_keysighting",
        "usage_override",
        "usage_policy",
        "usage_policystep",
        "usage_pricelock",
        "usage_pricenotice",
        "usage_seats",
        "usage_terms",
    }
)

# The months of usage events, attached or not: a job makes them.
A_MONTH_OF_EVENTS = re.compile(r"usage_event_\d{4}_\d{2}")

# Limits of the role's sessions: a request waits for no lock, runs no statement and idles in no transaction longer.
# News are read from facts with an overlap longer than any transaction may take (`billing.services.news`).
TIMEOUTS = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "1min",
    "transaction_timeout": "10min",
}

RELATIONS = """
    SELECT relation.relname, relation.relkind
    FROM pg_class AS relation
    WHERE relation.relnamespace = 'public'::regnamespace AND relation.relkind IN ('r', 'p', 'v', 'm')
"""
# The doors run as the owner; a function without side effects is safe in anybody's hands; no trigger is called by hand.
FUNCTIONS = """
    SELECT function.oid::regprocedure::text,
           (function.prosecdef OR function.provolatile = 'i') AND function.prorettype <> 'trigger'::regtype
    FROM pg_proc AS function
    WHERE function.pronamespace = 'public'::regnamespace
      AND function.prokind = 'f'
      AND function.proowner = current_user::regrole
"""


def rights_on(table: str, kind: str = "r") -> str:
    """The app role's rights on a table or a view, as PostgreSQL spells them."""
    if table in READ_ONLY or A_MONTH_OF_EVENTS.fullmatch(table) or kind in ("v", "m"):
        return "SELECT"
    if table in ADD_ONLY:
        return "SELECT, INSERT"
    if table in NEVER_DELETED:
        return "SELECT, INSERT, UPDATE"
    return "SELECT, INSERT, UPDATE, DELETE"


def after_migrate(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """Apply the table once, after the last app was migrated."""
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if sender is last:
        apply(using)


def apply(using: str = "default") -> None:
    """Give the app role its rights and take every other; nothing happens where the owner and the app are one role."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        owner, database = cursor.fetchone()
        app = settings.DATABASE_APP_ROLE
        if app == owner:
            return
        role = sql.Identifier(app)
        cursor.execute(RELATIONS)
        grants = [_on_relation(name, kind, role) for name, kind in cursor.fetchall()]
        cursor.execute(FUNCTIONS)
        grants += [_on_function(signature, is_door, role) for signature, is_door in cursor.fetchall()]
        schema = [
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}"),
            sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}"),
        ]
        for statement in [*grants, *(text.format(role) for text in schema)]:
            cursor.execute(statement)
    _limit_sessions_of_the_app()


def _on_relation(name: str, kind: str, role: sql.Identifier) -> sql.Composed:
    words = {"name": sql.Identifier(name), "role": role, "rights": sql.SQL(rights_on(name, kind))}
    return sql.SQL("REVOKE ALL ON {name} FROM PUBLIC, {role}; GRANT {rights} ON {name} TO {role}").format(
        **words
    )


def _on_function(signature: str, is_door: bool, role: sql.Identifier) -> sql.Composed:
    words = {"function": sql.SQL(signature), "role": role}
    closed = sql.SQL("REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {role}").format(**words)
    opened = sql.SQL("; GRANT EXECUTE ON FUNCTION {function} TO {role}").format(**words)
    return closed + opened if is_door else closed


def _limit_sessions_of_the_app() -> None:
    """Write the time limits into the app role: it does so itself, as any role may."""
    with psycopg.connect(settings.ADDRESSES.database_url, autocommit=True) as connection:
        for name, value in TIMEOUTS.items():
            words = {"name": sql.Identifier(name), "value": sql.Literal(value)}
            connection.execute(sql.SQL("ALTER ROLE CURRENT_USER SET {name} = {value}").format(**words))
