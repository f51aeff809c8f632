"""What charging refuses."""

from datetime import datetime

from config.kernel.errors import Conflict, InvalidRequest, NotFound


class OccurredTooEarly(InvalidRequest):
    """The usage is dated more than 35 days back."""


class OccurredTooLate(InvalidRequest):
    """The usage is dated more than 5 minutes ahead."""


class NothingToReverse(Conflict):
    """Nothing is left of the debit."""

    default_detail = "Nothing is left of this debit to give back."


class MoreThanLeft(Conflict):
    """More is asked back than is left of the debit."""

    default_detail = "More is asked back than is left of this debit."


class DebitMissing(NotFound):
    """The debit does not exist, or is not this key's to see."""

    default_detail = "There is no such debit."


class KeyMissing(NotFound):
    """No API key has this prefix."""


class KeyRevoked(Conflict):
    """The API key was revoked before."""


class VersionNotBegun(Conflict):
    """The version has not begun yet, or was withdrawn: nobody can stay on it."""


class TermsMissing(NotFound):
    """The account has no such terms."""


class TermsNotScheduled(Conflict):
    """The terms have begun, or were withdrawn before: only what is still ahead is taken back."""


class NoticeTooShort(Conflict):
    """The accounts concerned are to be told of a price change earlier than this would."""


class CheckoutMissing(NotFound):
    """The checkout does not exist, or is not this key's to see."""

    default_detail = "There is no such checkout."


class CheckoutOver(Conflict):
    """The seat was given back, or gave no sign of life in time."""

    default_detail = "This checkout has ended."


class PeriodRefused(InvalidRequest):
    """The period of a rehearsal has no length, or lies ahead."""


class RehearsalOver(Conflict):
    """The rehearsal has come to its end already."""

    default_detail = "The rehearsal is over already."


class RehearsalUnderWay(Conflict):
    """The rehearsal has not come to its end yet."""

    default_detail = "The rehearsal is under way; cancel it first."


class DraftGone(Conflict):
    """What a rehearsal was to be of is not there any more, or says something else."""


class BackfillClosed(Conflict):
    """The backfill is not open any more."""

    default_detail = "The backfill is closed already."


class BackfillEmpty(Conflict):
    """Nothing was gathered into the backfill."""

    default_detail = "There is nothing in this backfill to approve."


class BackfillNotApproved(Conflict):
    """Only what was approved can be taken back, and once."""

    default_detail = "Only a backfill that was approved can be taken back, and once."


class IntervalRefused(InvalidRequest):
    """The interval of a re-rating has no length or lies ahead, or its prices can't be those of its usage."""


class ReratingNotReady(Conflict):
    """Only what a dry run has told can be approved or discarded, and once."""

    default_detail = "This re-rating is not waiting for an approval."


class SecondPersonNeeded(Conflict):
    """Whoever asks for a re-rating does not approve it."""

    default_detail = "You asked for this re-rating; another person approves it."


class ReratingNotRunning(Conflict):
    """There is nothing to stop."""

    default_detail = "This re-rating is not being booked."


class ReratingNotBooked(Conflict):
    """Only what was approved and has come to its end can be taken back, and once."""

    default_detail = "Only a re-rating that was approved and is over can be taken back, and once."


class LimitChanged(Conflict):
    """The budget or allowance is another one than the person saw. recorded_at: of the one that there is."""

    def __init__(self, recorded_at: datetime, set_by: str) -> None:
        super().__init__(f"Nothing was saved: {set_by or 'a program'} changed this meanwhile.")
        self.recorded_at = recorded_at


class PeriodClosed(Conflict):
    """A hand-made entry is dated into a month whose books are closed."""


class HoursForgotten(InvalidRequest):
    """Usage is asked for by the hour of a time of which only days are kept."""


class LinkOver(NotFound):
    """The link to a page of usage does not exist, or has ended."""

    default_detail = "There is no such page, or no longer."
