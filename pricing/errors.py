"""What pricing refuses."""

from __future__ import annotations

from config.kernel.errors import Conflict, InvalidRequest, UnknownReference


class CodeTaken(Conflict):
    """A product, feature or rate table of this code exists."""


class UnknownTable(UnknownReference):
    """No rate table has this code."""


class UnknownVersion(UnknownReference):
    """The rate table has no version of this number, or none that fits what was asked."""


class UnknownProduct(UnknownReference):
    """No product has this code."""


class DraftExists(Conflict):
    """The table has a draft already; extras carry its `version`."""


class NotADraft(Conflict):
    """The version is published and never changes."""


class DraftChanged(Conflict):
    """Somebody edited the draft meanwhile; extras carry `revision` and `edited_by`."""


class PublishRefused(InvalidRequest):
    """The draft breaks a rule of price lists; `errors` names each row at fault."""


class InstantInThePast(Conflict):
    """A version starts now or later."""


class OverlapsInTime(Conflict):
    """Another version of the table starts at the same instant."""


class TableBusy(Conflict):
    """Debits at the old price did not end in time; nothing was published, and trying again is safe."""


class ReviewNeeded(Conflict):
    """A rule asks for a second person; `errors` names each reason, extras carry the draft's `review` state."""


class ReviewExists(Conflict):
    """What the draft says is in review or approved already."""


class NothingToDecide(Conflict):
    """Nobody waits for this decision: it was made, asked for anew, or the draft is no draft any more."""


class ReviewOutdated(Conflict):
    """The draft was edited since approval was asked for."""


class OwnWork(Conflict):
    """Who opened, edited or put forward a draft does not decide on it."""


class NotScheduled(Conflict):
    """Only a version that is published and has not begun is withdrawn."""


class NothingToUndo(Conflict):
    """The version is not the one in force, or no other was in force before it."""


class ImportRefused(InvalidRequest):
    """The file has errors; `errors` names each line, and nothing was written."""


class CostsBusy(Conflict):
    """Somebody else was writing costs all the while; nothing was written, and trying again is safe."""


class NothingToWithdraw(Conflict):
    """No cost that people wrote is in force for this model and component."""
