"""What came in and what goes out, one by one and by error: looked at, tried again, ignored for a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.admin.connection_frame import BODIES, ERASED, MENDED, SEEN, OfConnection
from billing.models import BodyRemoval, Handling, Outgoing, ReceivedBody
from billing.queries.connection_records import came_to, pretty
from billing.rules.mapping import IN, OUT
from billing.services import applying, erasing, mapping_previews, outgoing
from billing.services.erasing import Erasure
from config.desk.forms import WhyForm
from config.desk.pages import DeskFormPage
from config.desk.refusals import told

TRIES_SHOWN = 200
TONES = {"applied": "good", "sent": "good", "dead": "bad", "waiting": "wait"}


class _OfRecord(OfConnection):
    def find(self, object_id: int, record_id: Any = None, **kwargs: Any) -> None:
        super().find(object_id, **kwargs)
        rows = Handling.objects.select_related("received").filter(connection=self.row)
        self.handling = get_object_or_404(rows, pk=record_id)

    def address(self) -> str:
        return reverse("admin:billing_connection_record", args=[self.row.pk, self.handling.pk])

    def context(self) -> dict[str, Any]:
        return {**super().context(), "handling": self.handling, "received": self.handling.received}


class RecordPage(_OfRecord):
    """One record: as it was told, what it came to, and which expression found what."""

    permissions = SEEN
    template_name = "desk/connections/record.html"

    def title(self) -> str:
        kind, name = self.handling.received.kind, self.handling.received.external_id
        return name if name.startswith(kind) else f"{kind} {name}"

    def context(self) -> dict[str, Any]:
        removal = BodyRemoval.objects.filter(received=self.handling.pk).first()
        context = {
            **super().context(),
            "tone": TONES.get(self.handling.state, "plain"),
            "came": came_to(self.handling.outcome),
            "removal": removal,
            "may_erase": removal is None and self.request.user.has_perms(ERASED),
        }
        if not self.request.user.has_perm(BODIES):
            return context
        body = ReceivedBody.objects.filter(received=self.handling.pk).first()
        context |= {"may_see": True, "body": pretty(bytes(body.content)) if body else ""}
        if body and self.connector:
            context["preview"] = mapping_previews.preview(self.handling.received, self.connector)
        return context


class EraseRecordPage(_OfRecord, DeskFormPage):
    """Erase what was told, because it names a person."""

    permissions = ERASED
    template_name = "desk/connections/erase.html"
    form_class = WhyForm

    def title(self) -> str:
        return "Erase what was told"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "back": self.address()}

    def act(self, asked: dict[str, Any]) -> str:
        erasure = Erasure(self.request.user.get_username(), asked["reason"])
        is_erased = erasing.erase(connection_id=self.row.pk, received_id=self.handling.pk, erasure=erasure)
        return self.done("It is erased." if is_erased else "It was removed already.")


class RecordAgain(_OfRecord):
    """The button "Apply again"."""

    permissions = MENDED

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        with told(request):
            count = applying.apply_again([self.handling.pk], request.user)
            _say(request, count, "record")
        return HttpResponseRedirect(self.address())


class IgnoreRecordPage(_OfRecord, DeskFormPage):
    """Let it come to nothing, for a reason."""

    permissions = MENDED
    template_name = "desk/connections/ignore.html"
    form_class = WhyForm

    def title(self) -> str:
        return "Ignore this record"

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "back": self.address(),
            "what": "The record stays as it came, and comes to nothing.",
        }

    def act(self, asked: dict[str, Any]) -> str:
        count = applying.ignore([self.handling.pk], self.request.user, asked["reason"])
        return self.done("It is ignored." if count else "It was applied or ignored meanwhile.")


class _OfMessage(OfConnection):
    def find(self, object_id: int, message_id: Any = None, **kwargs: Any) -> None:
        super().find(object_id, **kwargs)
        self.message = get_object_or_404(Outgoing, connection=self.row, pk=message_id)

    def address(self) -> str:
        return reverse("admin:billing_connection_message", args=[self.row.pk, self.message.pk])

    def context(self) -> dict[str, Any]:
        return {**super().context(), "message": self.message}


class MessagePage(_OfMessage):
    """One message: what is told, and how each attempt went."""

    permissions = SEEN
    template_name = "desk/connections/message.html"

    def title(self) -> str:
        said = self.message.words
        return f"{said} of {self.message.subject}" if self.message.subject else said

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "tone": TONES.get(self.message.state, "plain"),
            "may_see": self.request.user.has_perm(BODIES),
            "tries": self.message.tries.order_by("-number")[:TRIES_SHOWN],
        }


class MessageAgain(_OfMessage):
    """The button "Send again"."""

    permissions = MENDED

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        with told(request):
            count = outgoing.send_again([self.message.pk], request.user)
            _say(request, count, "message")
        return HttpResponseRedirect(self.address())


class IgnoreMessagePage(_OfMessage, DeskFormPage):
    """Let it never be sent, for a reason."""

    permissions = MENDED
    template_name = "desk/connections/ignore.html"
    form_class = WhyForm

    def title(self) -> str:
        return "Ignore this message"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "back": self.address(), "what": "It is never sent."}

    def act(self, asked: dict[str, Any]) -> str:
        count = outgoing.ignore([self.message.pk], self.request.user, asked["reason"])
        return self.done("It is ignored." if count else "It was sent or ignored meanwhile.")


class _OfError(OfConnection):
    """All that failed in one direction for one reason. Both are named in the address, and again in a form."""

    def find(self, object_id: int, **kwargs: Any) -> None:
        super().find(object_id, **kwargs)
        said = self.request.POST if self.request.method == "POST" else self.request.GET
        self.direction, self.fault = said.get("direction", ""), said.get("fault", "")
        if self.direction not in (IN, OUT):
            raise Http404

    @property
    def rows(self) -> Q:
        return Q(connection=self.row.pk, fault=self.fault, state="dead")


class AllAgain(_OfError):
    """The button "Try all of them again"."""

    permissions = MENDED

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(self.address())

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        with told(request):
            if self.direction == IN:
                _say(request, applying.apply_again(self.rows, request.user), "record")
            else:
                _say(request, outgoing.send_again(self.rows, request.user), "message")
        return HttpResponseRedirect(self.address())


class IgnoreAllPage(_OfError, DeskFormPage):
    """Let all of them come to nothing, for a reason."""

    permissions = MENDED
    template_name = "desk/connections/ignore.html"
    form_class = WhyForm

    def title(self) -> str:
        return "Ignore all of this error"

    def context(self) -> dict[str, Any]:
        count = (Handling if self.direction == IN else Outgoing).objects.filter(self.rows).count()
        what = f"{count:,} {'record' if self.direction == IN else 'message'}{'' if count == 1 else 's'}"
        return {
            **super().context(),
            "back": self.address(),
            "what": f"{what} that failed with “{self.fault}”: never to be"
            f" {'applied' if self.direction == IN else 'sent'}, and kept as {'it is' if count == 1 else 'they are'}.",
            "hidden": {"direction": self.direction, "fault": self.fault},
        }

    def act(self, asked: dict[str, Any]) -> str:
        verb = applying.ignore if self.direction == IN else outgoing.ignore
        count = verb(self.rows, self.request.user, asked["reason"])
        return self.done(f"{count:,} {'is' if count == 1 else 'are'} ignored.")


def _say(request: HttpRequest, count: int, what: str) -> None:
    """How much is tried again."""
    if not count:
        messages.warning(request, f"No {what} could be tried again.")
    else:
        said = f"{count:,} {what}{' is' if count == 1 else 's are'} tried again"
        messages.success(request, f"{said}; reload in some seconds to see how it went.")
