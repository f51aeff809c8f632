"""What follows from an answer, what a signature and a seal are, and what people read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.rules import letters, sealing
from billing.rules.deliveries import WAITS, Answer, Next, Plan, asked_rest, plan, rest_of_the_silent
from billing.rules.signatures import signature

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
BROKEN = Answer(status=500, error="It answered 500.")
GRANT: dict[str, Any] = {
    "account": "acme",
    "kind": "purchase",
    "paid": True,
    "token": "AIT",
    "features": [],
    "effective_at": "2026-03-01T10:00:00.000000Z",
    "expires_at": "2026-04-01T00:00:00.000000Z",
}


class TestPlan:
    def test_ends_with_what_arrived(self) -> None:
        assert plan(Answer(status=200), 3, NOON, 0.5) == Plan(Next.DELIVERED)

    def test_waits_longer_each_time_and_gives_up_within_a_day(self) -> None:
        waits = [plan(BROKEN, tries, NOON, 0.5).wait for tries in range(1, 10)]

        assert waits == list(WAITS) == sorted(WAITS)
        assert timedelta(hours=23) < sum(waits, timedelta(0)) < DAY
        assert plan(BROKEN, 10, NOON, 0.5) == Plan(
            Next.GIVE_UP, reason="10 attempts failed, the last: It answered 500."
        )

    def test_spreads_by_a_fifth(self) -> None:
        assert plan(BROKEN, 1, NOON, 0).wait == 8 * SECOND
        assert 11.99 < plan(BROKEN, 1, NOON, 0.999).wait.total_seconds() < 12

    def test_gives_up_at_once_where_trying_again_would_not_help(self) -> None:
        assert plan(Answer(status=410, error="Gone."), 1, NOON, 0.5) == Plan(Next.GIVE_UP, reason="Gone.")
        final = Answer(error="No such address.", is_final=True)
        assert plan(final, 1, NOON, 0.5) == Plan(Next.GIVE_UP, reason="No such address.")

    def test_waits_for_the_longer_of_its_own_pause_and_the_one_asked_for(self) -> None:
        asked = Answer(status=429, error="Too fast.", retry_after="30")

        assert plan(asked, 1, NOON, 0.5) == Plan(Next.AGAIN, 30 * SECOND, 30 * SECOND)
        assert plan(asked, 5, NOON, 0.5) == Plan(Next.AGAIN, HOUR, 30 * SECOND)


class TestAskedRest:
    @pytest.mark.parametrize(
        ("header", "rest"),
        [
            ("120", 2 * MINUTE),
            (" 7 ", 7 * SECOND),
            ("999999999999999999999", DAY),
            ("Sun, 01 Mar 2026 12:05:00 GMT", 5 * MINUTE),
            ("Sun, 01 Mar 2126 12:05:00 GMT", DAY),
            ("Sun, 01 Mar 2026 11:00:00 GMT", None),
            ("Sun, 01 Mar 99999999999999999999 12:05:00 GMT", None),
            ("0", None),
            ("-5", None),
            ("1.5", None),
            ("١٢", None),
            ("soon", None),
            ("", None),
        ],
    )
    def test_reads_seconds_and_dates_a_day_at_most(self, header: str, rest: timedelta | None) -> None:
        assert asked_rest(Answer(status=429, error="-", retry_after=header), NOON) == rest

    def test_is_asked_by_429_and_503_alone(self) -> None:
        assert asked_rest(Answer(status=503, error="-", retry_after="9"), NOON) == 9 * SECOND
        assert asked_rest(Answer(status=500, error="-", retry_after="9"), NOON) is None


class TestRestOfTheSilent:
    def test_begins_with_the_second_silence_and_doubles_to_ten_minutes(self) -> None:
        rests = [rest_of_the_silent(count) for count in (0, 1, 2, 3, 4, 7, 8, 1_000_000)]

        assert rests == [
            None,
            None,
            *(timedelta(seconds=n) for n in (15, 30, 60, 480)),
            10 * MINUTE,
            10 * MINUTE,
        ]


class TestSignature:
    def test_is_that_of_the_specifications_example(self) -> None:
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

        assert signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == (
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        )

    def test_is_one_a_secret(self) -> None:
        one, two = ("whsec_" + letter * 32 for letter in "AB")

        assert signature([one, two], "m", 1, b"") == " ".join(
            [signature([one], "m", 1, b""), signature([two], "m", 1, b"")]
        )


class TestSealing:
    def test_opens_with_the_key_or_one_of_its_fallbacks(self) -> None:
        sealed = sealing.seal("whsec_x", ["old"])

        assert "whsec_x" not in sealed
        assert sealing.opened(sealed, ["old"]) == sealing.opened(sealed, ["new", "older", "old"]) == "whsec_x"
        assert (sealing.is_current(sealed, ["old"]), sealing.is_current(sealed, ["new", "old"])) == (
            True,
            False,
        )
        with pytest.raises(sealing.Unreadable):
            sealing.opened(sealed, ["new"])

    def test_opens_nothing_that_was_changed(self) -> None:
        sealed = sealing.seal("whsec_x", ["key"])

        with pytest.raises(sealing.Unreadable):
            sealing.opened(sealed[:-6] + "AAAA==", ["key"])


class TestLetters:
    def test_say_how_much_expires_when_and_whether_it_was_paid_for(self) -> None:
        letter = letters.write("grant.expiring", NOON, {**GRANT, "remaining": "1234.500000", "days": 7})

        assert letter.subject == "acme: 1,234.5 paid AIT expire in 7 days"
        assert letter.text == (
            "Account acme has 1,234.5 paid AIT left of a grant that expires on 1 Apr 2026 00:00 UTC.\n"
            "What is not spent by then is lost.\n"
            "\n"
            "When: 1 Mar 2026 12:00 UTC\n"
            "\n"
            "-- \n"
            "Sent by Tokendesk, because this address is listed for news of the type grant.expiring.\n"
            "Whoever runs it can take you off the list.\n"
        )

    def test_tell_one_day_from_two_and_free_from_paid(self) -> None:
        data = {**GRANT, "paid": False, "remaining": "1.000000", "days": 1}

        assert letters.write("grant.expiring", NOON, data).subject == "acme: 1 free AIT expire in 1 day"

    def test_name_a_budget_and_whose_it_is(self) -> None:
        budget = {
            "account": "acme",
            "name": "budget:team",
            "budget": "team",
            "limit": "10.000000",
            "token": "AIT",
            "period": "month",
            "per": "user",
            "value": "u-17",
            "window_start": "2026-03-01",
        }
        letter = letters.write("limit.reached", NOON, budget)

        assert letter.subject == "acme: budget team is used up"
        assert letter.text.startswith(
            "Account acme has spent its budget team for user u-17 of 10 AIT (a month, since 1 Mar 2026).\n"
        )
        whole = {**budget, "per": None, "value": None, "period": "total"}
        assert "budget team of 10 AIT (in all).\n" in letters.write("limit.reached", NOON, whole).text

    @pytest.mark.parametrize(
        ("kind", "more", "subject"),
        [
            ("limit.reached", {"name": "throttle"}, "acme: throttle is reached"),
            ("grant.created", {"tokens": "500.000000"}, "acme: 500 AIT granted"),
            ("grant.expired", {"tokens": "0.500000"}, "acme: 0.5 paid AIT have expired"),
            (
                "rate_table.published",
                {"rate_table": "standard", "version": 3, "effective_from": "2026-03-02T00:00:00.000000Z"},
                "Price list standard: version 3 is published",
            ),
            (
                "price.announced",
                {"rate_table": "standard", "version": None, "effective_from": "2027-01-01T00:00:00.000000Z"},
                "acme: prices change on 1 Jan 2027",
            ),
            ("limit.reached", {"name": "overage"}, "acme: all the overage that its policy allows is used up"),
            ("balance.threshold", {"name": "threshold:80"}, "acme: 80 % of the tokens are spent"),
            ("grace.ended", {"name": "grace"}, "acme: grace has ended"),
            (
                "hold.expired",
                {"hold": "h-1", "tokens": "5.500000", "lapsed": "0.000000", "overage": "0.000000"},
                "acme: a hold has expired and gave back 5.5 AIT",
            ),
            (
                "hold.expired",
                {"hold": "h-1", "tokens": "0.000000", "lapsed": "0.000000", "overage": "0.000000"},
                "acme: a hold has expired and kept no tokens",
            ),
            ("something.new", {}, "acme: something.new"),
        ],
    )
    def test_have_a_subject_for_each_type(self, kind: str, more: dict[str, Any], subject: str) -> None:
        assert letters.write(kind, NOON, GRANT | more).subject == subject

    def test_say_what_became_of_what_a_hold_kept(self) -> None:
        kept = {"hold": "h-1", "tokens": "5.000000", "lapsed": "2.000000", "overage": "3.000000"}

        assert letters.write("hold.expired", NOON, {**GRANT, **kept}).text.splitlines()[:4] == [
            "Hold h-1 was not settled by 1 Apr 2026 00:00 UTC. It gave back 5 AIT.",
            "Of these 2 AIT are lost: their grants had expired or were taken back.",
            "It gave up room for 3 AIT of overage.",
            "Work that was done under it can be charged by a debit.",
        ]

    def test_let_no_reference_add_a_header(self) -> None:
        odd = {**GRANT, "account": "acme\r\nBcc: all@example.com", "remaining": "1.000000", "days": 1}

        assert letters.write("grant.expiring", NOON, odd).subject.startswith(
            "acme Bcc: all@example.com: 1 paid"
        )
