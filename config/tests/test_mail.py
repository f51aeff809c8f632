"""What `EMAIL_URL` may say, and what start-up says of it."""

from __future__ import annotations

from typing import Any

import pytest

from config.checks import outgoing_mail, webhook_hosts
from config.mail import Outgoing, outgoing, seconds


class TestOutgoing:
    def test_keeps_mails_where_nothing_is_said(self) -> None:
        kept = outgoing("")

        assert (kept.is_sent, kept.fault) == (False, "")
        assert kept.backend == "django.core.mail.backends.filebased.EmailBackend"

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("smtp://mail.example.com", Outgoing(True, "mail.example.com", 587, starts_tls=True)),
            (
                "smtp://mail.example.com:2525?tls=starttls",
                Outgoing(True, "mail.example.com", 2525, starts_tls=True),
            ),
            ("smtp://localhost:25?tls=none", Outgoing(True, "localhost", 25)),
            ("smtps://u%40x:p%2Fw@[::1]", Outgoing(True, "::1", 465, "u@x", "p/w", is_tls=True)),
        ],
    )
    def test_tells_the_mail_server(self, url: str, told: Outgoing) -> None:
        assert outgoing(url) == told
        assert outgoing(url).backend == "django.core.mail.backends.smtp.EmailBackend"

    @pytest.mark.parametrize(
        ("url", "fault"),
        [
            ("mail.example.com", "begin with smtp://"),
            ("http://mail.example.com", "begin with smtp://"),
            ("smtp://", "name a host"),
            ("smtp://mail.example.com:many", "no number"),
            ("smtp://mail.example.com?tls=maybe", "tls=starttls"),
            ("smtp://mail.example.com?ssl=1", "tls=starttls"),
            ("smtps://mail.example.com?tls=none", "with smtp:// alone"),
            ("smtp://u:p/w@mail.example.com", "no number"),
            ("smtp://mail.example.com/folder", "names no path"),
        ],
    )
    def test_says_what_is_wrong_and_sends_nothing(self, url: str, fault: str) -> None:
        assert fault in outgoing(url).fault
        assert not outgoing(url).is_sent


class TestSeconds:
    def test_are_a_number_above_zero(self) -> None:
        assert [seconds(each) for each in ("10", "0.5", "0", "-1", "inf", "nan", "ten", "")] == [
            10,
            0.5,
            *[None] * 6,
        ]


class TestChecks:
    def told(self) -> set[str | None]:
        return {each.id for each in [*outgoing_mail(), *webhook_hosts()]}

    def test_say_nothing_of_an_installation_without_a_mail_server(self) -> None:
        assert self.told() == set()

    def test_refuse_a_url_that_can_not_be_used(self, settings: Any) -> None:
        settings.EMAIL_FAULT = "it names no path"

        assert self.told() == {"tokendesk.E002"}

    def test_refuse_a_mail_server_without_a_sender(self, settings: Any) -> None:
        settings.EMAIL_IS_SENT, settings.EMAIL_FROM = True, ""

        assert self.told() == {"tokendesk.E003"}

    def test_refuse_a_time_that_is_no_number(self, settings: Any) -> None:
        settings.EMAIL_TIMEOUT = None

        assert self.told() == {"tokendesk.E004"}

    @pytest.mark.parametrize("host", ["10.0.0.0/8", "*.internal", "http://hooks"])
    def test_refuse_what_names_no_host(self, settings: Any, host: str) -> None:
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({host})

        assert self.told() == {"tokendesk.E005"}
