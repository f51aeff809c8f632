"""The pages of what was used, one of each kind."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import User

from billing.tests.books import Books
from billing.tests.desks.page import EVERYBODY, Page
from usage.models import ApiKey, Denial, Reversal, SharedPolicy
from usage.services import sharing
from usage.tests.made import named


def lists_of_usage() -> list[Page]:
    return [
        Page("/admin/usage/rollups/"),
        Page("/admin/usage/rollups/?days=7&by=recorded_at&tz=Asia/Tokyo"),
        Page("/admin/usage/usagelink/"),
        Page("/admin/usage/usagelink/share/", "PSMU", "PSMU"),
        Page("/admin/usage/reversal/"),
    ]


def of_usage(books: Books) -> list[Page]:
    denial, reversal = Denial.objects.order_by("pk")[0], Reversal.objects.order_by("pk")[0]
    key = ApiKey.objects.order_by("pk")[0]
    segment = f"/admin/usage/segment/{books.names['segment']}"
    gathering = f"/admin/usage/backfill/{books.names['gathered_by']}"
    holds = "/admin/usage/holdrequest"
    link = f"/admin/usage/usagelink/{_a_link()}"
    return [
        Page(f"{link}/change/"),
        Page(f"{link}/revoke/", "PSMU", "PSMU"),
        *_of_policies(books),
        Page(f"{segment}/change/"),
        Page(f"{segment}/move/", "P", "P"),
        Page(f"{segment}/edit/", EVERYBODY, "P"),
        Page(f"{segment}/history/"),
        Page(f"/admin/usage/debit/{books.names['cheap']}/change/"),
        Page(f"/admin/usage/debit/{books.names['deep']}/change/"),
        Page(f"/admin/usage/debit/{books.names['late']}/change/"),
        Page(f"/admin/usage/debit/{books.names['event_debit']}/change/"),
        Page(f"/admin/usage/event/{books.names['event']}/change/"),
        Page(f"/admin/usage/event/{books.names['stuck']}/change/"),
        Page(f"/admin/usage/backfill/{books.names['returned_by']}/change/"),
        Page(f"{gathering}/change/"),
        Page(f"{gathering}/take/", "FU", "FU"),
        Page(f"{gathering}/file/", "FU", "FU"),
        Page(f"{gathering}/approve/", "F", "F"),
        Page(f"{gathering}/discard/", "F", "F"),
        Page(f"/admin/usage/backfill/{books.names['backfilled_by']}/revert/", "F", "F"),
        *_of_reratings(books),
        Page(f"/admin/usage/debit/{books.names['step']}/change/"),
        Page(f"{holds}/{books.names['still']}/change/"),
        Page(f"{holds}/{books.names['still']}/release/", "FU", "FU"),
        Page(f"{holds}/{books.names['worked']}/change/"),
        Page(f"{holds}/{books.names['late_hold']}/change/"),
        Page(f"/admin/usage/denial/{denial.pk}/change/"),
        Page(f"/admin/usage/reversal/{reversal.pk}/change/"),
        Page(f"/admin/usage/apikey/{key.pk}/change/", "FUA", "U"),
        Page(f"/admin/usage/apikey/{key.pk}/revoke/", "U", "U"),
        Page(f"/admin/usage/apikey/{key.pk}/history/", "FUA"),
    ]


def _a_link() -> UUID:
    asked = {"title": "Your usage", "query": {"days": "90"}, "days": 7, "reason": "They asked."}
    user = User.objects.create(username=named("success"))
    return sharing.share(**asked, user=user).link.pk


def _of_reratings(books: Books) -> list[Page]:
    done, waiting = (
        f"/admin/usage/rerating/{books.names[name]}" for name in ("rerating", "waiting_rerating")
    )
    return [
        Page(f"{done}/change/"),
        Page(f"{done}/revert/", "F", "F"),
        Page(f"/admin/usage/rerating/{books.names['returned_rerating']}/change/"),
        Page(f"{waiting}/change/"),
        Page(f"{waiting}/approve/", "F", "F"),
        Page(f"{waiting}/discard/", "F", "F"),
        Page(f"{waiting}/stop/", "F", "F"),
        Page(f"/admin/usage/debit/{books.names['partly']}/change/"),
        Page(f"/admin/usage/debit/{books.names['partly_anew']}/change/"),
    ]


def _of_policies(books: Books) -> list[Page]:
    shared = f"/admin/usage/sharedpolicy/{SharedPolicy.objects.order_by('pk')[0].pk}"
    return [
        Page(f"{shared}/change/"),
        Page(f"{shared}/replace/", "PF", "PF"),
        Page(f"/admin/wallets/account/{books.names['steps']}/policy/", "F", "F"),
        Page(f"/admin/wallets/account/{books.names['steps']}/change/?tab=terms"),
        Page(f"/admin/wallets/account/{books.names['sharer']}/change/?tab=terms"),
        Page(f"/admin/usage/debit/{books.names['beyond']}/change/"),
        Page(f"/admin/usage/debit/{books.names['by_table']}/change/"),
        Page(f"/admin/usage/holdrequest/{books.names['kept']}/change/"),
    ]
