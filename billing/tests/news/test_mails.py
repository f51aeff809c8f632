"""News by e-mail: taken by a real mail server, refused by one, or kept as files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest

from billing.connectors import mails
from billing.models import Delivery
from billing.rules.deliveries import Mail
from billing.services import delivering, news, outbox, recipients
from billing.services.recipients import RecipientWish
from billing.tests.news.made import a_recipient, an_endpoint, carriers, deliveries_to
from billing.tests.news.post_office import PostOffice, open_post_office
from config.kernel.errors import InvalidRequest
from usage.tests.made import a_grant, an_account, together

LETTER = Mail("ada@example.com", "acme: 5 AIT granted", "Kind: trial.\n", "msg_1.7")


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    """The mail server that the operator named."""
    with open_post_office() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        settings.EMAIL_IS_SENT, settings.EMAIL_TIMEOUT = True, 5
        settings.DEFAULT_FROM_EMAIL = "Tokens <tokens@example.com>"
        yield office


class TestSend:
    def test_hands_a_plain_mail_to_the_mail_server(self, office: PostOffice) -> None:
        answer = mails.send(LETTER)

        assert (answer.status, answer.error, answer.excerpt) == (None, "", "")
        mail = message_from_string(office.mails[0], policy=policy.default)
        assert (mail["From"], mail["To"]) == ("Tokens <tokens@example.com>", "ada@example.com")
        assert (mail["Subject"], mail.get_content()) == ("acme: 5 AIT granted", "Kind: trial.\r\n")
        assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<msg_1.7@example.com>", "auto-generated")
        assert mail.get_content_type() == "text/plain"

    @pytest.mark.parametrize(("refusal", "is_final"), [("550 no such user", True), ("450 try later", False)])
    def test_tells_a_refusal_for_good_from_one_for_now(
        self, office: PostOffice, refusal: str, is_final: bool
    ) -> None:
        office.refuses = refusal

        answer = mails.send(LETTER)

        assert answer.error == f"The mail server refuses the address: {refusal[4:]}"
        assert answer.is_final == is_final

    @pytest.mark.parametrize("address", ["ada@\u05d01.example", f"ada@{60 * 'ü'}.example"])
    def test_says_that_an_address_can_not_be_written(self, office: PostOffice, address: str) -> None:
        answer = mails.send(replace(LETTER, to=address))

        assert answer.error.startswith("The mail can't be written as mail servers want it: ")
        assert office.mails == []

    def test_says_that_no_mail_server_is_there(self, office: PostOffice) -> None:
        office.close()

        answer = mails.send(LETTER)

        assert answer.error.startswith("The mail server can't be reached: ")
        assert not answer.is_final

    def test_keeps_mails_as_files_where_there_is_no_mail_server(self, settings: Any, tmp_path: Path) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH, settings.EMAIL_IS_SENT = str(tmp_path / "mails"), False

        answer = mails.send(LETTER)

        assert (answer.error, answer.excerpt) == ("", f"Kept as a file in {tmp_path / 'mails'}.")
        (kept,) = (tmp_path / "mails").iterdir()
        assert "Subject: acme: 5 AIT granted" in kept.read_text()


@pytest.mark.django_db
class TestRecipients:
    def test_are_told_by_mail_once(self, from_now_on: None, office: PostOffice) -> None:
        acme = an_account()
        recipient = a_recipient(acme)
        a_grant(acme, "5")
        news.tell()
        claimed = outbox.claim(None)
        assert claimed is not None
        delivering.attempt(claimed, carriers())

        (sent,) = deliveries_to(recipient)
        mail = message_from_string(office.mails[0], policy=policy.default)
        assert (sent.state, mail["To"]) == ("delivered", recipient.address)
        assert mail["Subject"] == f"{acme.reference}: 5 AIT granted"
        assert mail["Message-ID"] == f"<{sent.news.message_id}.{recipient.pk}@example.com>"
        assert outbox.claim(None) is None

    def test_that_a_mail_server_refuses_for_good_are_not_tried_again(
        self, from_now_on: None, office: PostOffice
    ) -> None:
        office.refuses = "550 no such user"
        acme = an_account()
        recipient = a_recipient(acme)
        a_grant(acme)
        news.tell()
        claimed = outbox.claim(None)
        assert claimed is not None
        delivering.attempt(claimed, carriers())

        (sent,) = deliveries_to(recipient)
        assert (sent.state, sent.reason) == ("dead", "The mail server refuses the address: no such user")

    def test_that_are_switched_off_get_nothing_that_waits(self, from_now_on: None) -> None:
        acme = an_account()
        recipient = a_recipient(acme)
        a_grant(acme)
        news.tell()
        recipients.switch(recipient_id=recipient.pk, is_on=False, reason="She left")

        (waiting,) = deliveries_to(recipient)
        assert (waiting.state, waiting.reason) == ("dead", "The recipient was switched off. She left")
        latest = recipient.history.latest()
        assert (latest.is_on, latest.history_change_reason) == (False, "She left")

    @pytest.mark.parametrize(
        ("wish", "pointer"),
        [
            (RecipientWish("nobody", ["grant.created"]), "/address"),
            (RecipientWish("a@example.com\nBcc: b@example.com", ["grant.created"]), "/address"),
            (RecipientWish("a@example.com", []), "/types"),
            (RecipientWish("a@example.com", ["weather.changed"]), "/types"),
        ],
    )
    def test_are_refused_where_they_can_be_told_nothing(self, wish: RecipientWish, pointer: str) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            recipients.create(wish=wish)

        assert refusal.value.errors[0].pointer == pointer


@pytest.mark.committed
@pytest.mark.usefixtures("at_work")
class TestTogether:
    def test_webhooks_do_not_wait_for_a_mail_server_that_hangs(self, settings: Any, receiver: Any) -> None:
        acme = an_account()
        a_recipient(acme)
        endpoint = an_endpoint(receiver.url(), ["grant.created"])
        a_grant(acme)
        news.tell()

        def hang(_mail: Mail) -> Any:
            assert receiver.arrived.wait(20)
            return mails.Answer()

        together([lambda: delivering.deliver(delivering.Carriers(carriers().post, hang), 20)])

        assert [each.state for each in deliveries_to(endpoint)] == ["delivered"]
        assert not Delivery.objects.filter(recipient__about=acme).exclude(state="delivered").exists()
