"""The pictures of the documentation, taken of the demo: `make pictures` in a folder that `make demo` has filled.

It leaves there what it shows besides: a draft in review with its rehearsal, a rule for reviews, and a link for a buyer.
"""

from __future__ import annotations

import io
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.utils import timezone
from PIL import Image

from billing.models import Quotation
from billing.services import access_links
from billing.services.demo_town import FINANCE
from billing.tests.look.browser import Browser, server
from pricing.errors import OwnWork
from pricing.models import ReviewRule, Version
from pricing.queries.versions import rows_of
from pricing.services import drafting, reviewing
from usage.models import Debit
from usage.services import rehearsing
from usage.services.authors import Author
from wallets.models import Account

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "images"
WIDTH, COLOURS = 1400, 128
AUTHOR, CUSTOMER, PICKED = "demo-pia", "granite-games", 6
DEARER = Decimal("1.1")
PICK = """
    [...document.querySelectorAll("[data-grid] [data-pick]")].slice(0, arguments[0]).forEach(each => each.click());
    document.querySelector("[data-raise]").click();
"""


@dataclass
class Stage:
    """The demo, and the browser that looks at it."""

    browser: Browser
    author: User
    account: Account
    now: datetime

    def shoot(self, name: str, address: str = "", height: int = 900) -> None:
        """Keep a picture of a page, or of the one that is open."""
        metrics = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.driver.command("Emulation.setDeviceMetricsOverride", **metrics)
        if address:
            self.browser.open(address)
        time.sleep(0.5)
        picture = Image.open(io.BytesIO(self.browser.driver.picture())).convert("RGB")
        (FOLDER / f"{name}.png").write_bytes(_small(picture))


def take() -> None:
    """Take them all anew."""
    with server() as base:
        browser = Browser(base, User.objects.filter(is_superuser=True).earliest("pk"))
        try:
            browser.open("/admin/")
            browser.dress("light", WIDTH)
            stage = Stage(browser, _author(), Account.objects.get(reference=CUSTOMER), timezone.now())
            for part in (_of_the_desk, _of_prices, _of_buyers):
                part(stage)
        finally:
            browser.quit()


def _small(picture: Image.Image) -> bytes:
    """With few colours: a page has no more."""
    found = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(found, "PNG", optimize=True)
    return found.getvalue()


def _of_the_desk(stage: Stage) -> None:
    debit = Debit.objects.filter(account=stage.account).latest("recorded_at")
    accepted = Quotation.objects.filter(serial__isnull=False).earliest("year", "serial")
    stage.shoot("home", "/admin/", 2080)
    stage.shoot("account", f"/admin/wallets/account/{stage.account.pk}/change/", 1190)
    stage.shoot("usage", "/admin/usage/rollups/", 1300)
    stage.shoot("inbox", "/admin/billing/inboxitem/")
    stage.shoot("advice", "/admin/billing/advice/")
    stage.shoot("explain", f"/admin/usage/debit/{debit.pk}/change/", 1100)
    stage.shoot("quotation", f"/admin/billing/quotation/{accepted.pk}/change/")


def _of_prices(stage: Stage) -> None:
    """A draft as somebody types, then what it would do, and who has to look at it."""
    studio, draft = _draft("studio", stage.author), _draft("standard", stage.author)
    page = f"/admin/pricing/version/{draft.pk}"
    stage.browser.open(f"{page}/change/")
    stage.browser.run(PICK, PICKED)
    stage.shoot("rates")
    for each in (studio, draft):
        rows = [
            replace(row, tokens=row.tokens * DEARER) if place < PICKED else row
            for place, row in enumerate(rows_of(each))
        ]
        drafting.replace_rates(draft=each, rows=rows, revision=None, user=stage.author)
        each.refresh_from_db()
    stage.shoot("rehearsal", f"/admin/usage/rehearsal/{_rehearsed(draft, stage)}/change/", 1180)
    stage.shoot("publish", f"{page}/publish/")
    _ask_for_approval(studio, draft, stage.author)
    stage.shoot("approvals", "/admin/pricing/review/")


def _of_buyers(stage: Stage) -> None:
    author = Author(stage.author.username, "For the pictures")
    made = access_links.make(customer_id=stage.account.pk, days=1, author=author)
    stage.browser.open(f"/my/link/{made.secret}/")
    stage.browser.find("button").click()
    time.sleep(1)
    stage.shoot("buyer", f"/my/{stage.account.pk}/", 1150)


def _author() -> User:
    """Somebody at the desk of packaging."""
    author, _ = User.objects.get_or_create(username=AUTHOR, defaults={"is_staff": True})
    author.groups.add(Group.objects.get(name="Packaging"))
    return author


def _draft(code: str, author: User) -> Version:
    """A draft of a table's prices that is new."""
    versions = Version.objects.filter(table__code=code)
    for present in versions.drafts():
        drafting.discard(draft=present, user=author)
    live = versions.published().filter(effective_from__lte=timezone.now()).latest("effective_from")
    return drafting.draft_from(version=live, user=author)


def _rehearsed(draft: Version, stage: Stage) -> int:
    until = stage.now.replace(hour=0, minute=0, second=0, microsecond=0)
    asked = rehearsing.ask(version=draft, since=until - timedelta(days=30), until=until, user=stage.author)
    while rehearsing.work(asked.pk, 60):
        pass
    return asked.pk


def _ask_for_approval(studio: Version, draft: Version, author: User) -> None:
    """One that was approved, and one that waits and whose author tried to approve it."""
    ReviewRule.objects.get_or_create(kind="jump", share=Decimal(5), table=None)
    decided = reviewing.ask(draft=studio, user=author, note="Pictures cost us more since the summer.")
    reviewing.approve(review=decided, user=User.objects.get(username=FINANCE), reason="The margin is right.")
    review = reviewing.ask(draft=draft, user=author, note="New year: ten per cent, as agreed with sales.")
    with suppress(OwnWork):
        reviewing.approve(review=review, user=author)
