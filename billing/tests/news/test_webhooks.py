"""One webhook on its way, against a real server: what arrives, what does not, and what is never called."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from billing.connectors import guarded, webhooks
from billing.rules.deliveries import Answer, Post
from billing.rules.targets import Address
from billing.tests.news.receiver import DRIP, HANG, SILENT_HEAD, Receiver, Said, listening

HERE = frozenset({"127.0.0.1"})
LOOPBACK: Sequence[Address] = (ip_address("127.0.0.1"),)
PUBLIC: Sequence[Address] = (ip_address("93.184.216.34"),)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


def a_post(url: str, private_hosts: frozenset[str] = HERE) -> Post:
    return Post(url, {"content-type": "application/json", "webhook-id": "msg_1"}, b'{"a":1}', private_hosts)


class TestSend:
    def test_arrives_as_it_was_written(self, receiver: Receiver) -> None:
        receiver.will_say(Said(204, b""), path="/hooks?a=b")

        answer = webhooks.send(a_post(receiver.url("/hooks?a=b")))

        assert (answer.status, answer.error) == (204, "")
        (heard,) = receiver.heard
        assert (heard.path, heard.body) == ("/hooks?a=b", b'{"a":1}')
        assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert (heard.headers["webhook-id"], heard.headers["content-length"]) == ("msg_1", "7")

    @pytest.mark.parametrize("status", [400, 404, 500, 503])
    def test_fails_where_another_status_is_answered(self, receiver: Receiver, status: int) -> None:
        receiver.will_say(Said(status, b"no such thing", {"Retry-After": "7"}))

        answer = webhooks.send(a_post(receiver.url()))

        assert (answer.status, answer.error) == (status, f"It answered {status}.")
        assert (answer.excerpt, answer.retry_after) == ("no such thing", "7")

    def test_follows_no_redirect(self, receiver: Receiver) -> None:
        receiver.will_say(Said(302, b"", {"Location": receiver.url("/secret")}))

        answer = webhooks.send(a_post(receiver.url()))

        assert answer.error == "It answered 302; redirects are not followed."
        assert [each.path for each in receiver.heard] == ["/hooks"]

    @pytest.mark.parametrize("way", [HANG, SILENT_HEAD])
    def test_ends_in_time_whatever_the_other_side_does(self, receiver: Receiver, way: int) -> None:
        receiver.will_say(Said(way))
        began_at = time.monotonic()

        answer = webhooks.send(a_post(receiver.url()), seconds=0.3)

        assert answer.error == "No answer within 0.3 s."
        assert answer.is_silence
        assert time.monotonic() - began_at < 2

    def test_takes_the_status_where_the_body_never_ends(self, receiver: Receiver) -> None:
        receiver.will_say(Said(DRIP))

        answer = webhooks.send(a_post(receiver.url()), seconds=0.3)

        assert (answer.status, answer.error) == (200, "")
        assert 0 < len(answer.excerpt) < 100

    def test_keeps_the_beginning_of_a_huge_answer(self, receiver: Receiver) -> None:
        receiver.will_say(Said(200, b"\x00\xff" + b"x" * 50_000_000))
        began_at = time.monotonic()

        answer = webhooks.send(a_post(receiver.url()))

        assert answer.excerpt == "\ufffd\ufffd" + "x" * 2046
        assert time.monotonic() - began_at < 2

    def test_says_that_nobody_listens(self) -> None:
        with listening() as gone:
            url = gone.url()

        answer = webhooks.send(a_post(url))

        assert answer.error.startswith("It can't be reached: [Errno 111]")
        assert answer.is_silence

    def test_says_that_the_other_side_hung_up(self, receiver: Receiver) -> None:
        receiver.will_say(Said(HANG))
        receiver.closing.set()

        answer = webhooks.send(a_post(receiver.url()))

        assert answer.error.startswith("It gave no answer of HTTP: ")


class TestGuard:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "10.1.2.3",
            "169.254.169.254",
            "100.64.0.1",
            "[fe80::1]",
        ],
    )
    def test_calls_no_address_that_is_not_public(self, receiver: Receiver, host: str) -> None:
        answer = webhooks.send(a_post(f"http://{host}:{receiver.port}/hooks", frozenset()))

        assert "no public address" in answer.error
        assert receiver.heard == []

    @pytest.mark.parametrize("also", [(), PUBLIC])
    def test_calls_no_name_that_has_such_an_address(
        self, receiver: Receiver, also: Sequence[Address]
    ) -> None:
        post = a_post(receiver.url(host="hooks.example"), frozenset())

        answer = webhooks.send(post, look_up=lambda _host, _port: [*also, *LOOPBACK])

        assert answer.error == "hooks.example leads to 127.0.0.1, which is no public address (loopback)."
        assert receiver.heard == []

    def test_looks_up_localhost_by_itself(self, receiver: Receiver) -> None:
        answer = webhooks.send(a_post(receiver.url(host="localhost"), frozenset()))

        assert "no public address (loopback)" in answer.error
        assert receiver.heard == []

    def test_calls_a_private_host_that_the_operator_named(self, receiver: Receiver) -> None:
        for named in ("hooks.example", f"hooks.example:{receiver.port}"):
            post = a_post(receiver.url(host="hooks.example"), frozenset({named}))
            assert webhooks.send(post, look_up=lambda _host, _port: LOOPBACK).status == 200
        other = a_post(receiver.url(host="hooks.example"), frozenset({"hooks.example:1"}))

        assert "no public address" in webhooks.send(other, look_up=lambda _host, _port: LOOPBACK).error

    def test_connects_to_the_very_address_that_was_checked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, called = iter([PUBLIC, LOOPBACK, LOOPBACK]), []

        def refuse(_self: object, host: str, *_given: object) -> httpcore.NetworkStream:
            called.append(host)
            raise httpcore.ConnectError("refused")

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", refuse)
        webhooks.send(a_post("http://rebinding.example/", frozenset()), look_up=lambda *_: next(answers))

        assert called == ["93.184.216.34"]
        assert next(answers) == LOOPBACK

    def test_says_that_a_name_is_unknown(self) -> None:
        def unknown(_host: str, _port: int) -> Sequence[Address]:
            raise OSError("Name or service not known")

        answer = webhooks.send(a_post("http://nowhere.example/"), look_up=unknown)

        assert answer.error == "The name nowhere.example is not known."

    def test_does_not_wait_for_a_name_server_that_hangs(self, receiver: Receiver) -> None:
        def hang(_host: str, _port: int) -> Sequence[Address]:
            receiver.closing.wait(30)
            return LOOPBACK

        assert webhooks.send(a_post("http://slow.example/"), 0.2, hang).error == "No answer within 0.2 s."

    def test_tries_the_next_address_where_one_does_not_answer(self, receiver: Receiver) -> None:
        post = a_post(receiver.url(host="two.example"), frozenset({"two.example"}))
        dead: Sequence[Address] = (ip_address("127.0.0.2"), *LOOPBACK)

        assert webhooks.send(post, look_up=lambda *_: dead).status == 200

    def test_connects_nowhere_else(self) -> None:
        target = webhooks.target_of("http://one.example/")
        backend = guarded.GuardedBackend(target, LOOPBACK, guarded.Deadline(1))

        with pytest.raises(httpcore.ConnectError, match="was not checked"):
            backend.connect_tcp("two.example", 80)


class TestTls:
    @pytest.fixture
    def secure(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
        """Listens as hooks.example, by an authority that is trusted here."""
        certificate, key = _authority("hooks.example", tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        trusting = ssl.create_default_context(cafile=str(certificate))
        monkeypatch.setattr(webhooks, "trust", lambda: trusting)
        with listening(context) as receiver:
            yield receiver

    def _sent(self, receiver: Receiver, host: str) -> Answer:
        post = a_post(receiver.url(host=host), frozenset({host}))
        return webhooks.send(post, look_up=lambda *_: LOOPBACK)

    def test_believes_the_name_and_not_the_address(self, secure: Receiver) -> None:
        assert self._sent(secure, "hooks.example").status == 200
        assert "CERTIFICATE_VERIFY_FAILED" in self._sent(secure, "other.example").error
        assert len(secure.heard) == 1

    def test_believes_no_unknown_authority(self, secure: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webhooks, "trust", httpcore.default_ssl_context)

        assert "CERTIFICATE_VERIFY_FAILED" in self._sent(secure, "hooks.example").error


class TestWhyNot:
    def test_tells_at_once_what_would_be_refused(self) -> None:
        assert "no public address" in webhooks.why_not("http://localhost/", frozenset())
        assert webhooks.why_not("http://localhost/", frozenset({"localhost"})) == ""
        assert "four decimal numbers" in webhooks.why_not("http://127.1/", frozenset())


def _authority(host: str, folder: Path) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written, secret = folder / "certificate.pem", folder / "key.pem"
    written.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plainly = serialization.NoEncryption()
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plainly)
    )
    return written, secret
