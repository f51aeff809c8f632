"""Sends e-mail by what the operator set up: a mail server, or files where there is none."""

from __future__ import annotations

import smtplib
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from billing.rules.deliveries import Answer, Mail

REFUSED_FOR_GOOD = 500


def send(mail: Mail) -> Answer:
    """Send one mail and answer how it went. Never raises.

    Arrived is what the mail server took. An address that it refuses for good is not tried again.
    """
    began_at = monotonic()
    error, is_final = "", False
    try:
        _message(mail).send(fail_silently=False)
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = {code for code, _ in refusal.recipients.values()}
        said = "; ".join(_said(text) for _, text in refusal.recipients.values())
        error, is_final = f"The mail server refuses the address: {said}", min(codes) >= REFUSED_FOR_GOOD
    except smtplib.SMTPResponseException as refusal:
        error = f"The mail server answered {refusal.smtp_code}: {_said(refusal.smtp_error)}"
    except (
        ValueError
    ) as fault:  # such as a domain with letters that the rules of domains don't allow beside each other
        error = f"The mail can't be written as mail servers want it: {fault}"
    except (smtplib.SMTPException, OSError) as fault:
        error = f"The mail server can't be reached: {str(fault) or type(fault).__name__}"
    taken = int((monotonic() - began_at) * 1000)
    return Answer(error=error, excerpt="" if error else _where(), milliseconds=taken, is_final=is_final)


def _message(mail: Mail) -> EmailMessage:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<{mail.message_id}@{domain}>", "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=headers)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _where() -> str:
    return "" if settings.EMAIL_IS_SENT else f"Kept as a file in {settings.EMAIL_FILE_PATH}."


def _said(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
