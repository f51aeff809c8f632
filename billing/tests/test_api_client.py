"""The client of the demo and the benchmarks, against a local server that misbehaves as servers do."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from billing.connectors import api_client

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HELLO_IN_CHUNKS = (
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
)
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"
GOODBYE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
HANG_UP = b""

Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that gives these answers in turn, one a request, and tell its port."""
    listeners: list[socket.socket] = []

    def start(*answers: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_answer, args=(listener, list(answers)), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def _answer(listener: socket.socket, answers: list[bytes]) -> None:
    while answers:
        opened, _ = listener.accept()
        with opened:
            while answers and opened.recv(65_536):
                answer = answers.pop(0)
                for part in (answer[:20], answer[20:]):  # torn, as networks do
                    opened.sendall(part)
                if answer in (HANG_UP, GOODBYE):
                    break


def send(port: int, count: int) -> list[api_client.Answer]:
    content = api_client.request_bytes("POST", "/", {"Host": "localhost"}, b"{}")
    requests = (api_client.Request(content, number) for number in range(count))
    answers: list[api_client.Answer] = []
    api_client.exchange("127.0.0.1", port, requests, 1, answers.append)
    return answers


class TestExchange:
    def test_hands_over_one_answer_a_request_in_both_framings(self, serve: Serve) -> None:
        answers = send(serve(HELLO, HELLO_IN_CHUNKS), 2)

        assert [(each.tag, each.status, each.body) for each in answers] == [
            (0, 200, b"hello"),
            (1, 201, b"hello"),
        ]
        assert all(each.nanoseconds > 0 for each in answers)

    def test_sends_again_what_was_cut_or_answered_busy(self, serve: Serve) -> None:
        answers = send(serve(HANG_UP, BUSY, HELLO), 1)

        assert [each.body for each in answers] == [b"hello"]

    def test_connects_anew_after_a_goodbye(self, serve: Serve) -> None:
        answers = send(serve(GOODBYE, HELLO), 2)

        assert [each.body for each in answers] == [b"hello", b"hello"]

    def test_names_an_address_where_nobody_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        monkeypatch.setattr(api_client, "GIVE_UP_SECONDS", 0.2)

        with pytest.raises(api_client.ApiUnreachable):
            send(port, 1)
