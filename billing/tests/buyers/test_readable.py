"""The pages can be read: by whoever sees little, by keyboard, and by programs that read aloud."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from math import cos, radians, sin
from pathlib import Path

import pytest
from django.conf import settings

from billing.tests.buyers.visiting import page, signed_in, text_of
from wallets.models import Account

CSS = (Path(settings.BASE_DIR) / "billing/static/my/my.css").read_text()
OKLCH = re.compile(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)")
TEXTS = ("text", "strong", "faint", "brand", "good", "wait", "bad")
NAMES = (
    *("", "usage/", "statements/", "prices/", "estimate/", "budgets/", "budgets/set/"),
    *("packs/", "alerts/", "people/"),
)


def colours(dark: bool) -> dict[str, str]:
    """The variables of a theme."""
    light, _, rest = CSS.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): ([^;]+);", light))
    night = rest.partition("* {")[0]
    return found | dict(re.findall(r"--([\w-]+): ([^;]+);", night)) if dark else found


def luminance(colour: str) -> float:
    """Relative luminance by WCAG, of a colour without transparency."""
    if colour == "#fff":
        return 1.0
    light, chroma, hue = (float(part) for part in OKLCH.fullmatch(colour).groups())  # type: ignore[union-attr]
    lab = light / 100, chroma * cos(radians(hue)), chroma * sin(radians(hue))
    cone = [
        lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2],
        lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2],
        lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2],
    ]
    long, middle, short = (each**3 for each in cone)
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(max(each, 0.0), 1.0) for each in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


class TestColours:
    @pytest.mark.parametrize("dark", [False, True])
    def test_stand_out_from_their_ground(self, dark: bool) -> None:
        told = colours(dark)
        grounds = ("page", "card")

        weak = {
            (text, ground): contrast(told[text], told[ground])
            for text in TEXTS
            for ground in grounds
            if contrast(told[text], told[ground]) < 4.5
        }

        assert weak == {}
        assert contrast(told["on-brand"], told["brand"]) >= 4.5
        assert contrast(told["edge"], told["card"]) >= 3
        assert contrast(told["text"], told["soft"]) >= 4.5

    def test_of_what_is_said_stand_out_in_the_light(self) -> None:
        told = colours(dark=False)

        assert min(contrast(told[name], told[f"{name}-soft"]) for name in ("good", "wait", "bad")) >= 4.5


class _Outline(HTMLParser):
    """What a page has for those who don't see it."""

    def __init__(self) -> None:
        super().__init__()
        self.headings = 0
        self.fields: set[str] = set()
        self.labels: set[str] = set()
        self.unnamed: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids += [str(told["id"])] if "id" in told else []
        self.open.append(tag) if tag not in ("input", "meta", "link", "img", "br") else None
        self.headings += tag == "h1"
        if (
            tag in ("input", "select", "textarea")
            and told.get("type") != "hidden"
            and "label" not in self.open
        ):
            self.fields.add(str(told.get("id")))
        if tag == "label" and told.get("for"):
            self.labels.add(str(told["for"]))
        if tag == "svg" and not (told.get("aria-label") or told.get("aria-hidden") == "true"):
            self.unnamed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            continue


@pytest.mark.django_db
class TestPages:
    def test_name_their_fields_and_pictures_and_have_one_heading(self, acme: Account) -> None:
        client = signed_in(acme)
        for name in NAMES:
            outline = _Outline()
            text = text_of(client.get(page(acme, name)))
            outline.feed(text)

            assert outline.headings == 1, name
            assert outline.fields <= outline.labels, name
            assert outline.unnamed == [], name
            assert len(outline.ids) == len(set(outline.ids)), name
            assert '<html lang="en">' in text
            assert 'href="#start"' in text

    def test_need_no_script(self, acme: Account) -> None:
        client = signed_in(acme)

        assert [name for name in NAMES if "<script" in text_of(client.get(page(acme, name)))] == []
