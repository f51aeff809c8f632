from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from django.db import OperationalError

from config.http.keyring import KeyRing
from config.kernel.errors import Unavailable


class Desk:
    """A clock and a list of keys that open something."""

    def __init__(self) -> None:
        self.now = 100.0
        self.holders = {"secret": "acme"}
        self.asked: list[str] = []
        self.fault: Exception | None = None

    def find(self, secret: str) -> str | None:
        self.asked.append(secret)
        if self.fault:
            raise self.fault
        return self.holders.get(secret)

    def ring(self) -> KeyRing[str]:
        return KeyRing(self.find, seconds=lambda: self.now)


class TestHolder:
    def test_looks_a_key_up_once_in_half_a_second(self) -> None:
        desk = Desk()
        ring = desk.ring()

        assert [ring.holder("secret") for _ in range(3)] == ["acme"] * 3

        assert desk.asked == ["secret"]

    def test_refuses_a_revoked_key_half_a_second_later(self) -> None:
        desk = Desk()
        ring = desk.ring()
        assert ring.holder("secret") == "acme"

        del desk.holders["secret"]
        desk.now += 0.51

        assert ring.holder("secret") is None

    def test_looks_an_unknown_key_up_each_time(self) -> None:
        desk = Desk()
        ring = desk.ring()
        assert ring.holder("new") is None

        desk.holders["new"] = "globex"

        assert ring.holder("new") == "globex"

    def test_lets_others_go_on_while_one_looks(self) -> None:
        desk = Desk()
        ring: KeyRing[str] = KeyRing(
            lambda secret: (desk.find(secret), nested(secret))[0], seconds=lambda: desk.now
        )
        seen: list[str | None] = []

        def nested(secret: str) -> None:
            if len(desk.asked) == 2:
                seen.append(ring.holder(secret))

        ring.holder("secret")
        desk.now += 0.51
        ring.holder("secret")

        assert seen == ["acme"]
        assert len(desk.asked) == 2


class Hanging(Desk):
    """A desk whose look-ups, from the second on, block until they may answer."""

    def __init__(self) -> None:
        super().__init__()
        self.is_hanging, self.may_answer = Event(), Event()

    def find(self, secret: str) -> str | None:
        holder = super().find(secret)
        if len(self.asked) == 2:
            self.is_hanging.set()
            assert self.may_answer.wait(20)
        return holder


@pytest.fixture
def desk() -> Iterator[Hanging]:
    desk = Hanging()
    yield desk
    desk.may_answer.set()


@contextmanager
def looked_up_by_another(ring: KeyRing[str], desk: Hanging) -> Iterator[list[str | None]]:
    """Another thread hangs in looking the key up meanwhile; what it is told in the end is in the list."""
    told: list[str | None] = []
    another = Thread(target=lambda: told.append(ring.holder("secret")))
    another.start()
    assert desk.is_hanging.wait(20)
    yield told
    desk.may_answer.set()
    another.join(20)


class TestHolderWhileALookUpHangs:
    def test_is_trusted_until_the_look_before_is_a_second_old(self, desk: Hanging) -> None:
        ring = desk.ring()
        ring.holder("secret")
        desk.now += 0.51
        with looked_up_by_another(ring, desk):
            desk.now += 0.48

            assert ring.holder("secret") == "acme"

    def test_is_nobody_once_that_look_is_a_second_old(self, desk: Hanging) -> None:
        ring = desk.ring()
        ring.holder("secret")
        desk.now += 0.6
        with looked_up_by_another(ring, desk):
            desk.now += 0.41

            with pytest.raises(Unavailable):
                ring.holder("secret")

    def test_after_an_idle_hour_is_what_the_other_thread_finds(self, desk: Hanging) -> None:
        ring = desk.ring()
        ring.holder("secret")
        desk.now += 3600
        del desk.holders["secret"]
        with looked_up_by_another(ring, desk) as told:
            desk.may_answer.set()

            assert ring.holder("secret") is None
        assert told == [None]

    def test_is_looked_up_anew_where_the_look_up_has_hung_too_long(self, desk: Hanging) -> None:
        ring = desk.ring()
        ring.holder("secret")
        desk.now += 0.51
        with looked_up_by_another(ring, desk):
            del desk.holders["secret"]
            desk.now += 0.51

            assert ring.holder("secret") is None
        assert len(desk.asked) == 3

    def test_is_not_brought_back_by_an_answer_that_comes_late(self, desk: Hanging) -> None:
        ring = desk.ring()
        ring.holder("secret")
        desk.now += 0.51
        with looked_up_by_another(ring, desk) as told:
            del desk.holders["secret"]
            desk.now += 0.51
            ring.holder("secret")
        assert told == ["acme"]

        desk.now += 0.01

        assert ring.holder("secret") is None

    def test_lets_nobody_in_where_the_look_up_fails(self, desk: Hanging) -> None:
        ring = desk.ring()
        ring.holder("secret")
        desk.now += 3600
        desk.fault = OperationalError("gone")

        with pytest.raises(OperationalError):
            ring.holder("secret")
