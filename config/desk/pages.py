"""Pages of the admin that are not a form of one model."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views import View

from config.desk.forms import SureForm
from config.desk.refusals import refusal_of
from config.desk.whom import not_yours
from config.kernel.errors import DomainError


class DeskPage(View):
    """A page for those who have all of `permissions`, inside the admin's frame."""

    desk: ModelAdmin[Any] = None  # type: ignore[assignment]  # given by `as_view`
    permissions: ClassVar[tuple[str, ...]] = ()
    template_name: ClassVar[str] = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        for permission in self.permissions:
            if not request.user.has_perm(permission):
                raise not_yours(permission)
        request.current_app = self.desk.admin_site.name
        self.find(**kwargs)
        return super().dispatch(request, *args, **kwargs)

    def find(self, **kwargs: Any) -> None:
        """Look up what the path names, or raise Http404."""

    def title(self) -> str:
        """What the page is called."""
        raise NotImplementedError

    def address(self) -> str:
        """Where what the page is about is shown; a form leads there when it is done."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        """What the template shows beyond the frame."""
        return {}

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return self.shown()

    def shown(self, **more: Any) -> TemplateResponse:
        """The page, with `more` beside its context."""
        frame = self.desk.admin_site.each_context(self.request)
        context = {**frame, "title": self.title(), **self.context(), **more}
        return TemplateResponse(self.request, self.template_name, context)


class DeskFormPage(DeskPage):
    """A page that asks, does one thing, and goes elsewhere; a refusal comes back beside what was asked."""

    form_class: ClassVar[type[forms.Form]]

    def initial(self) -> dict[str, Any]:
        return {}

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return self.form_class(data, files, initial=self.initial())

    def act(self, asked: dict[str, Any]) -> str:
        """Do it, and answer the address to go to. Raises DomainError."""
        raise NotImplementedError

    def done(self, said: str) -> str:
        """Tell of it, and answer the address of what the page is about."""
        messages.success(self.request, said)
        return self.address()

    @property
    def by(self) -> str:
        """Who asks, as it is kept beside what was done."""
        return str(self.request.user.get_username())

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return self.shown(form=self.form())

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(form=form)
        try:
            return HttpResponseRedirect(self.acted(form.cleaned_data))
        except DomainError as refusal:
            self.explain(form, refusal)
            return self.shown(form=form)

    def explain(self, form: forms.Form, refusal: DomainError) -> None:
        """Say in the form why it was refused."""
        form.add_error(None, refusal.detail)
        for fault in [each for each in refusal.errors if each.detail != refusal.detail][:20]:
            form.add_error(None, f"{fault.pointer.lstrip('/')} {fault.detail}".strip())

    def acted(self, asked: dict[str, Any]) -> str:
        """`act`, with what the database refuses raised as a refusal."""
        try:
            return self.act(asked)
        except IntegrityError as error:
            raise refusal_of(error) from error


class DeskActPage(DeskFormPage):
    """A form with one button, and what pressing it does in `about`."""

    form_class = SureForm
    button: ClassVar[str] = ""
    about: ClassVar[str] = ""

    def context(self) -> dict[str, Any]:
        return {**super().context(), "button": self.button, "about": self.about, "back": self.address()}
