from config.http.keyring import KeyRing


class Desk:
    """A clock and a list of keys that open something."""

    def __init__(self) -> None:
        self.now = 100.0
        self.holders = {"secret": "acme"}
        self.asked: list[str] = []

    def find(self, secret: str) -> str | None:
        self.asked.append(secret)
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
