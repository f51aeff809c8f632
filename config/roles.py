"""Who may do what: one table of groups and their permissions, applied after each migration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps

# Verbs that are more than adding or changing a row, each beside the model whose desk offers it.
VERBS: dict[str, str] = {
    "pricing.publish_version": "Can put prices into force and take them back",
    "pricing.approve_version": "Can approve or send back drafts that others wrote",
    "wallets.issue_trial": "Can issue trial tokens",
    "wallets.void_grant": "Can take back what is left of a grant",
    "usage.reverse_debit": "Can give back a debit at the desk",
    "usage.revoke_apikey": "Can revoke an API key",
    "usage.approve_backfill": "Can approve, discard and take back backfills of usage",
    "usage.approve_rerating": "Can approve, discard, stop and take back re-ratings of usage",
    "usage.rate_waitingevent": "Can let usage events that are stuck be rated again",
    "billing.send_delivery": "Can send news again",
    "billing.mend_connection": "Can have what failed at a connection tried again, or ignored",
    "billing.approve_handact": "Can approve or decline what others ask for at the desk",
    "billing.close_accountingperiod": "Can close the books of a month and open the last again",
    "billing.accept_gap": "Can close gaps of reconciliations, for a reason or by a correction",
    "billing.export_revenuemonth": "Can take files of charges and costs",
    "billing.finalise_invoice": "Can finalise and discard drafts of invoices",
    "billing.approve_trialrequest": "Can approve trial tokens beyond a seller's allowance",
    "billing.revoke_trial": "Can take back what is left of a trial",
    "wallets.extend_grant": "Can move the expiry of a grant",
    "billing.settle_topup": "Can confirm that a top-up is paid, refuse and cancel it",
    "billing.approve_quotation": "Can approve or send back quotations that others wrote",
    "usage.release_holdrequest": "Can give back what a hold keeps",
}
_MODELS = {"issue_trial": "grant"}

SEEN_BY_ALL = (
    *(
        f"wallets.view_{model}"
        for model in ("account", "grant", "entry", "overage", "wallet", "tokenunit", "currency")
    ),
    *(f"pricing.view_{model}" for model in ("product", "feature", "ratetable", "version", "rate")),
    *(f"pricing.view_{model}" for model in ("review", "reviewrule", "refusal")),
    *(f"usage.view_{model}" for model in ("debit", "denial", "reversal", "policy", "terms", "defaultterms")),
    "usage.view_holdrequest",
    *(f"usage.view_{model}" for model in ("segment", "segmentterms", "override", "pricelock", "rehearsal")),
    *(f"usage.view_{model}" for model in ("event", "waitingevent", "beyondpolicy", "backfill", "rerating")),
    *(f"usage.view_{model}" for model in ("seats", "checkout")),
    *(f"usage.view_{model}" for model in ("budget", "allowance", "access", "crossing", "unlock")),
    *("usage.view_sharedpolicy", "usage.view_rollups", "usage.view_usagelink"),
    "kernel.view_auditrun",
    *(f"billing.view_{model}" for model in ("offer", "order")),
    *(f"billing.view_offer{part}" for part in ("tokens", "seats", "allowance", "access")),
    *("billing.view_news", "billing.view_handact", "billing.view_actrule"),
    *(f"billing.view_{model}" for model in ("invoice", "creditnote", "overagerate", "seller")),
    *(f"billing.view_{model}" for model in ("trial", "trialoffer", "trialrequest", "sellerallowance")),
    *("billing.view_topup", "billing.view_topuprule"),
    *(f"billing.view_{model}" for model in ("quotation", "promotion", "discountrule")),
    *("billing.view_advice", "billing.view_digestchoice"),
)
OPERATION = (
    *("usage.view_apikey", "kernel.view_run"),
    *("billing.view_endpoint", "billing.view_recipient", "billing.view_delivery"),
    *("billing.view_reconciliation", "billing.view_gap", "billing.view_inboxitem"),
    "billing.view_connection",
)
SHARING = ("usage.add_usagelink", "usage.change_usagelink")
BOOKS = tuple(
    f"billing.view_{model}"
    for model in ("revenuemonth", "grantrevenue", "accountingperiod", "journalaccount")
)

ROLES: dict[str, tuple[str, ...]] = {
    "Packaging": (
        *SEEN_BY_ALL,
        *SHARING,
        "pricing.view_costrate",
        "pricing.add_costrate",
        *(
            f"pricing.{verb}_{model}"
            for verb in ("add", "change")
            for model in ("product", "feature", "ratetable")
        ),
        *(f"pricing.{verb}_{model}" for verb in ("add", "change", "delete") for model in ("version", "rate")),
        "pricing.publish_version",
        "pricing.add_review",
        "pricing.approve_version",
        "wallets.add_tokenunit",
        "wallets.change_tokenunit",
        "usage.add_defaultterms",
        *("usage.add_segment", "usage.change_segment", "usage.add_segmentterms"),
        "usage.add_terms",
        *("usage.add_override", "usage.add_pricelock", "usage.add_seats"),
        *("usage.add_allowance", "usage.add_access", "usage.add_unlock", "usage.change_unlock"),
        "usage.add_sharedpolicy",
        "usage.add_rehearsal",
        "usage.delete_rehearsal",
        "usage.rate_waitingevent",
        "usage.add_rerating",
        *("billing.add_offer", "billing.change_offer"),
        *(
            f"billing.{verb}_offer{part}"
            for part in ("tokens", "seats", "allowance", "access")
            for verb in ("add", "change", "delete")
        ),
        *("billing.add_trialoffer", "billing.change_trialoffer"),
        *("billing.add_promotion", "billing.change_promotion"),
    ),
    "Sales": (
        *SEEN_BY_ALL,
        *SHARING,
        "wallets.add_account",
        "wallets.change_account",
        "wallets.issue_trial",
        "usage.add_terms",
        "billing.add_order",
        "billing.add_topuprule",
        *("billing.view_recipient", "billing.add_recipient", "billing.change_recipient"),
        "billing.change_buyer",
        *("billing.add_quotation", "billing.change_quotation"),
        *(
            f"billing.{verb}_{model}"
            for verb in ("view", "add", "change")
            for model in ("contact", "accesslink")
        ),
    ),
    "Sales management": (
        *SEEN_BY_ALL,
        *SHARING,
        "wallets.add_account",
        "wallets.change_account",
        "wallets.issue_trial",
        *("billing.approve_trialrequest", "billing.revoke_trial"),
        *("billing.add_trialoffer", "billing.change_trialoffer", "billing.add_sellerallowance"),
        *("usage.add_terms", "billing.add_order"),
        *("billing.add_quotation", "billing.change_quotation", "billing.approve_quotation"),
        *("billing.add_promotion", "billing.change_promotion"),
        *("billing.view_recipient", "billing.add_recipient", "billing.change_recipient"),
        "billing.change_buyer",
        "billing.add_topuprule",
        *(
            f"billing.{verb}_{model}"
            for verb in ("view", "add", "change")
            for model in ("contact", "accesslink")
        ),
        "billing.change_buyerrule",
    ),
    "Finance": (
        *SEEN_BY_ALL,
        *OPERATION,
        *BOOKS,
        *("billing.close_accountingperiod", "billing.change_journalaccount"),
        *("billing.add_reconciliation", "billing.accept_gap", "billing.export_revenuemonth"),
        "billing.change_inboxitem",
        *("billing.approve_handact", "billing.add_actrule", "billing.change_actrule"),
        "pricing.view_costrate",
        "pricing.approve_version",
        "pricing.add_reviewrule",
        "pricing.change_reviewrule",
        "wallets.change_account",
        "wallets.issue_trial",
        "wallets.add_grant",
        "wallets.void_grant",
        "wallets.extend_grant",
        *("billing.revoke_trial", "billing.add_sellerallowance"),
        "wallets.add_currency",
        "wallets.change_currency",
        "usage.add_policy",
        "usage.add_sharedpolicy",
        *("usage.release_holdrequest", "usage.reverse_debit"),
        "billing.add_order",
        *("billing.add_topuprule", "billing.settle_topup"),
        *("billing.add_discountrule", "billing.change_discountrule"),
        "usage.add_terms",
        *("usage.add_override", "usage.add_pricelock", "usage.add_seats"),
        *("usage.add_budget", "usage.add_allowance", "usage.add_access"),
        "usage.rate_waitingevent",
        *("usage.add_backfill", "usage.approve_backfill"),
        *("usage.add_rerating", "usage.approve_rerating"),
        *("billing.add_overagerate", "billing.add_seller", "billing.change_seller"),
        *("billing.change_buyer", "billing.delete_buyer"),
        *("billing.change_invoice", "billing.finalise_invoice", "billing.add_creditnote"),
        "billing.change_accountbilling",
        *(
            "billing.view_contact",
            "billing.view_accesslink",
            "billing.delete_contact",
            "billing.change_buyerrule",
        ),
    ),
    "Support": (
        *SEEN_BY_ALL,
        *OPERATION,
        *SHARING,
        "usage.add_budget",
        *("usage.release_holdrequest", "usage.reverse_debit"),
        "usage.add_apikey",
        "usage.change_apikey",
        "usage.revoke_apikey",
        "usage.rate_waitingevent",
        "usage.add_backfill",
        *("billing.add_endpoint", "billing.change_endpoint", "billing.send_delivery"),
        *("billing.add_connection", "billing.change_connection", "billing.mend_connection"),
        *("billing.view_receivedbody", "billing.delete_receivedbody"),
        *("billing.add_recipient", "billing.change_recipient"),
        "billing.change_inboxitem",
        *(
            f"billing.{verb}_{model}"
            for verb in ("view", "add", "change")
            for model in ("contact", "accesslink")
        ),
    ),
    "Auditor": (
        *SEEN_BY_ALL,
        *OPERATION,
        *BOOKS,
        "pricing.view_costrate",
        "auth.view_user",
        "auth.view_group",
        *("billing.view_contact", "billing.view_accesslink"),
    ),
}


def after_migrate(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """Apply the table once, after the last app has its permissions."""
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if sender is last:
        apply(using)


def apply(using: str = "default") -> None:
    """Make the groups and give each exactly its permissions. Who is in a group is left alone.

    Raises LookupError where the table names a permission that does not exist.
    """
    from django.contrib.auth.models import Group

    _make_verbs(using)
    for name, wanted in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(_permissions(wanted, using))


def _make_verbs(using: str) -> None:
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType

    for verb, said in VERBS.items():
        app, codename = verb.split(".")
        model = apps.get_model(app, _MODELS.get(codename, codename.split("_")[1]))
        kind = ContentType.objects.db_manager(using).get_for_model(model)
        Permission.objects.using(using).update_or_create(
            content_type=kind, codename=codename, defaults={"name": said}
        )


def _permissions(wanted: Iterable[str], using: str) -> list[Any]:
    from django.contrib.auth.models import Permission

    rows = Permission.objects.using(using).select_related("content_type")
    found = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    missing = sorted(set(wanted) - found.keys())
    if missing:
        raise LookupError(f"There is no permission {missing[0]}.")
    return [found[name] for name in dict.fromkeys(wanted)]
