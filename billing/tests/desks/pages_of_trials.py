"""Every page of the admin that is about trials, who sees it and who may change something on it."""

from __future__ import annotations

from billing.models import Trial
from billing.tests.books import Books
from billing.tests.desks.page import NOBODY, Page


def lists_of_trials() -> list[Page]:
    """The pages that are there however little the database holds."""
    return [
        Page("/admin/billing/trial/"),
        Page("/admin/billing/trial/?state=ending&q=acme"),
        Page("/admin/billing/trial/report/"),
        Page("/admin/billing/trial/report/csv/"),
        Page("/admin/billing/trial/file/", "SMF", "SMF"),
        Page("/admin/billing/trialrequest/"),
        Page("/admin/billing/trialoffer/"),
        Page("/admin/billing/trialoffer/add/", "PM", "PM"),
        Page("/admin/billing/sellerallowance/"),
        Page("/admin/billing/sellerallowance/add/", "MF", "MF"),
    ]


def of_trials(books: Books) -> list[Page]:
    trial = f"/admin/billing/trial/{books.names['trial_extended']}"
    offer = Trial.objects.get(pk=books.names["trial_extended"]).offer_id
    return [
        Page(f"{trial}/change/"),
        Page(f"{trial}/remind/", "SMF", "SMF"),
        Page(f"{trial}/extend/", "SMF", "SMF"),
        Page(f"{trial}/revoke/", "MF", "MF"),
        Page(f"{trial}/convert/", "SMF", "SMF"),
        Page(f"/admin/billing/trialrequest/{books.names['trial_request']}/decide/", "M", NOBODY),
        Page(f"/admin/billing/trialoffer/{offer}/change/", changes="PM"),
    ]
