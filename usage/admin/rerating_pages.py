"""One re-rating: what it would change, its approval, how far it is, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.desk.files import csv_file
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskActPage, DeskPage
from config.kernel.csv_lines import as_csv
from usage.models import Rerating, ReratingLeft
from usage.queries import rerated
from usage.services import rerating as verbs

DIFFERENCES = ("account", "feature", "lines", "quantity", "tokens_before", "tokens_after", "difference")


def page_of(rerating: Rerating) -> str:
    return reverse("admin:usage_rerating_change", args=[rerating.pk])


class OfRerating(DeskPage):
    """What all pages of one re-rating share."""

    permissions = ("usage.view_rerating",)

    def find(self, object_id: int, **_kwargs: Any) -> None:
        rows = Rerating.objects.select_related("table", "product", "customer", "feature", "version__table")
        self.rerating = get_object_or_404(rows, pk=object_id)

    def title(self) -> str:
        return f"Re-rating {self.rerating.pk}"

    def address(self) -> str:
        return page_of(self.rerating)

    def context(self) -> dict[str, Any]:
        return {"rerating": self.rerating}


class ReratingPage(OfRerating):
    """A bar while it is under way; what it would change, or has changed."""

    template_name = "desk/reratings/page.html"

    def context(self) -> dict[str, Any]:
        rerating = self.rerating
        turn = ReratingLeft.Turn
        return {
            **super().context(),
            "progress": rerated.progress(rerating),
            "told": rerated.told(rerating) if rerating.is_reckoned else None,
            "booked": rerated.booked(rerating) if rerating.approved_at else None,
            "lefts": [
                ("Would stay as they are", rerated.left(rerating, turn.RECKONING)),
                ("Stayed as they were", rerated.left(rerating, turn.RUNNING)),
                ("Were not taken back", rerated.left(rerating, turn.REVERTING)),
            ],
            "is_own": rerating.asked_by == self.request.user.get_username(),
        }


class Progress(OfRerating):
    """How far it is, for the page's script."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        progress = rerated.progress(self.rerating)
        told = {
            "under_way": self.rerating.is_under_way,
            "percent": progress.percent,
            "done": progress.done,
            "total": progress.total,
            "of": "debits",
        }
        return JsonResponse(told, headers={"Cache-Control": "no-store"})


class Export(OfRerating):
    """What the dry run found by account and feature, as CSV."""

    name = "differences"

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        return csv_file(f"rerating-{self.rerating.pk}-{self.name}", as_csv(*self.rows()))

    def rows(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        return DIFFERENCES, rerated.differences(self.rerating)


class ExportCorrections(Export):
    """What was charged anew debit by debit, as CSV."""

    name = "corrections"

    def rows(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        return rerated.CORRECTED, rerated.corrections(self.rerating)


class _Asks(DeskActPage, OfRerating):
    """A page that asks about one re-rating, does one thing, and leads back to it."""

    permissions = ("usage.approve_rerating",)
    template_name = "desk/reratings/ask_about.html"


class ApprovePage(_Asks):
    """Let it be booked."""

    button = "Approve it"
    about = (
        "Each debit that would change is given back and charged anew, whatever the policy says. "
        "Whoever asked for it does not approve it."
    )

    def title(self) -> str:
        return f"Approve re-rating {self.rerating.pk}"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "told": rerated.told(self.rerating)}

    def act(self, asked: dict[str, Any]) -> str:
        verbs.approve(rerating=self.rerating, by=self.by)
        return self.done("It is approved; a worker begins within a few seconds.")


class DiscardPage(_Asks):
    """Book nothing of it."""

    button = "Discard it"
    about = "Nothing of it is booked. What its dry run found is kept."

    def title(self) -> str:
        return f"Discard re-rating {self.rerating.pk}"

    def act(self, asked: dict[str, Any]) -> str:
        verbs.discard(rerating=self.rerating, by=self.by)
        return self.done("The re-rating is discarded.")


class StopPage(_Asks):
    """Book no more of it."""

    button = "Stop it"
    about = "The debits at hand are the last. What is charged anew by then stays so, until it is taken back."

    def title(self) -> str:
        return f"Stop re-rating {self.rerating.pk}"

    def act(self, asked: dict[str, Any]) -> str:
        verbs.stop(rerating=self.rerating, by=self.by)
        done = rerated.booked(self.rerating).debits
        return self.done(
            f"It is stopped. {done:,} debit{'' if done == 1 else 's'} charged anew stay so, until you take it back."
        )


class RevertForm(DeskForm):
    reason = ReasonField(help_text="It stands with every reversal.")


class RevertPage(_Asks):
    """Give back what it charged, and charge it as it was before."""

    form_class = RevertForm
    button = "Take it back"
    about = "What it charged is given back, and charged again as it was before, debit by debit."

    def title(self) -> str:
        return f"Take back re-rating {self.rerating.pk}"

    def act(self, asked: dict[str, Any]) -> str:
        verbs.revert(rerating=self.rerating, by=self.by, reason=asked["reason"])
        return self.done("It is being taken back.")
