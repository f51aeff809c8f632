"""Each type that this version sends comes to be by what the product does, and arrives as a webhook and as a letter."""

from __future__ import annotations

import json
import re
from email import message_from_string, policy
from typing import Any

import pytest

from billing.models import News
from billing.rules.news_types import TYPES
from billing.services import delivering, news, outbox
from billing.tests.news.happening import let_everything_happen
from billing.tests.news.made import a_recipient, an_endpoint, carriers
from billing.tests.news.post_office import open_post_office
from billing.tests.news.receiver import Receiver

SENT = {each.code for each in TYPES.values() if each.is_sent}
OF_NO_ACCOUNT = {"rate_table.published"}


def deliver_all(endpoint_id: int | None) -> None:
    while claimed := outbox.claim(endpoint_id):
        delivering.attempt(claimed, carriers())


@pytest.mark.usefixtures("from_now_on")
def test_arrives_by_webhook_and_by_mail(settings: Any, receiver: Receiver) -> None:
    endpoint = an_endpoint(receiver.url())
    a_recipient()
    let_everything_happen()
    news.tell()
    deliver_all(endpoint.pk)
    with open_post_office() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_IS_SENT = "127.0.0.1", office.port, True
        deliver_all(None)
        letters = [message_from_string(mail, policy=policy.default) for mail in office.mails]

    told = {json.loads(each.body)["type"] for each in receiver.heard}
    by_type = {re.search(r"of the type ([\w.]+)\.", each.get_content())[1]: each for each in letters}  # type: ignore[index]
    about = {kind: News.objects.filter(kind=kind).latest("pk").about for kind in SENT - OF_NO_ACCOUNT}

    assert told == set(by_type) == SENT
    assert len(letters) == len(receiver.heard)
    for kind, account in about.items():
        assert by_type[kind]["Subject"].startswith("acme-"), kind
        assert account is not None, kind
