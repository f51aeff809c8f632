"""What billing refuses."""

from __future__ import annotations

from collections.abc import Mapping

from config.kernel.errors import Conflict, FieldError, NotFound, UnknownReference


class EditedMeanwhile(Conflict):
    """Somebody else gave a field another value meanwhile; `errors` tells who, `present` what it is now, by field."""

    default_detail = "Nothing was saved: somebody else changed the same meanwhile."

    def __init__(self, told: Mapping[str, str], present: Mapping[str, object]) -> None:
        super().__init__(errors=[FieldError(f"/{name}", sentence) for name, sentence in told.items()])
        self.told, self.present = dict(told), dict(present)


class NothingToReprice(Conflict):
    """No rate of the table earns too little, or nothing was found that could be priced."""


class NotEmpty(Conflict):
    """The demo grows in an empty database alone."""

    default_detail = "The demo grows in an empty database, and this one is not: begin with another DATA_DIR."


class UnknownEndpoint(NotFound):
    """There is no such webhook endpoint."""


class UnknownConnection(NotFound):
    """There is no such connection."""


class NotThereYet(UnknownReference):
    """A record names something that is not here, and may come. what: its sort, as "customer"; name: by which."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"There is no {what} {name} here yet.")
        self.what, self.name = what, name


class UnknownRecipient(NotFound):
    """There is no such recipient of e-mail."""


class UnknownContact(NotFound):
    """There is no such contact of the account."""


class UnknownAccessLink(NotFound):
    """There is no such link to the account."""


class BeyondBuyersRule(Conflict):
    """It is more than the producer lets the account's contacts do by themselves."""


class NothingToSend(Conflict):
    """There is no such delivery, or it is to somebody who is switched off."""


class ActDecided(Conflict):
    """Somebody has approved or declined the act already."""

    default_detail = "Somebody has decided on it already."


class AskedAlready(Conflict):
    """What is asked for waits for a second person already."""


class OwnAct(Conflict):
    """Whoever asks for an act does not decide on it."""

    default_detail = "You asked for this; another person decides on it."


class MonthNotClosable(Conflict):
    """The month is not over, is not the next to be closed, or the ledger was not read to its end yet."""


class MonthNotReopenable(Conflict):
    """Only the month that was closed last is opened again."""

    default_detail = "Only the month that was closed last is opened again."


class UnknownInvoice(NotFound):
    """There is no such invoice."""


class InvoiceIsFinal(Conflict):
    """The invoice was issued, or discarded, before."""

    default_detail = "This invoice is no draft any more."


class NothingToInvoice(Conflict):
    """The draft carries nothing: its overage was repaid or given back meanwhile."""

    default_detail = "There is nothing on this invoice: its overage was repaid or given back."


class DraftChanged(Conflict):
    """The draft comes to another sum than whoever looked at it saw."""

    default_detail = "The draft has changed since you looked at it. Look again."


class NoSeller(Conflict):
    """Nobody has said who sells."""

    default_detail = "Say first who sells, under Seller on invoices: the name stands at the head of each."


class CreditTooMuch(Conflict):
    """More would be given back of a line than is left of it."""

    default_detail = "That is more than is left of a line: what it asked for, less what was credited before."


class UnknownOffer(NotFound):
    """There is no such offer of a trial, or it is offered no more."""

    default_detail = "There is no such offer, or it is offered no more."


class TrialGivenAlready(Conflict):
    """The offer is given once, and was."""


class OpportunityTaken(Conflict):
    """The opportunity stands for a trial of another account already."""


class UnknownTrial(NotFound):
    """There is no such trial, or no such request for one."""

    default_detail = "There is no such trial."


class TrialOver(Conflict):
    """The trial was revoked or converted."""


class NotExtendable(Conflict):
    """The trial can't be extended: its offer says so, it was before, or it has not begun."""


class DecidedAlready(Conflict):
    """Somebody has decided on the request."""

    default_detail = "Somebody has decided on this request already."


class OwnRequest(Conflict):
    """Who asks does not approve."""

    default_detail = "Who asks for a trial does not decide on it: a second person does."


class TopUpMissing(NotFound):
    """There is no such top-up."""

    default_detail = "There is no such top-up."


class TopUpRuleChanged(Conflict):
    """The rule is another one than the person saw. revision: of the one that there is."""

    def __init__(self, revision: int, set_by: str) -> None:
        super().__init__(f"Nothing was saved: {set_by or 'a program'} changed this rule meanwhile.")
        self.revision = revision


class UnknownQuotation(NotFound):
    """There is no such quotation."""

    default_detail = "There is no such quotation."


class QuotationEdited(Conflict):
    """Somebody saved the draft meanwhile."""

    default_detail = "Nothing was done: somebody saved this draft meanwhile. Look at what it says now."


class QuotationSent(Conflict):
    """It was sent: only a revision can say something else."""

    default_detail = "The quotation was sent and never changes: write a revision of it."


class QuotationNotOpen(Conflict):
    """It is not in the customer's hand, or not any more."""


class QuotationOutdated(Conflict):
    """An offer or a promotion means something else than when the draft was saved."""


class ApprovalNeeded(Conflict):
    """The discount is over the author's limit, and nobody else has approved it."""


class UnknownGap(NotFound):
    """There is no such gap."""

    default_detail = "There is no such gap."


class GapClosed(Conflict):
    """The gap is closed: it is gone, or somebody closed it."""

    default_detail = "This gap is closed already."


class UnknownCorrection(Conflict):
    """There is no such entry, or it is another account's."""

    default_detail = "There is no such entry of this account. Take its identity from its page."


class CannotResend(Conflict):
    """The gap is of no record that can be sent or fetched again, or that is under way already."""

    default_detail = "It is of no record that can be sent or fetched again by a connection that is on."


class AbsenceNotNeeded(Conflict):
    """The connection has answered for this month, or is not waited for."""

    default_detail = "This connection has answered for the month, or nobody waits for it."


class UnknownInboxItem(NotFound):
    """There is no such row in the inbox."""

    default_detail = "There is no such row in the inbox."


class InboxResolved(Conflict):
    """The row is resolved: its cause has ended, or somebody resolved it."""

    default_detail = "This row is resolved already."


class CauseStands(Conflict):
    """The row resolves itself when its cause ends, and by nothing else."""

    default_detail = "It is resolved by itself when its cause ends: follow its link."


class NotOver(Conflict):
    """Days that are still to come are not reconciled."""

    default_detail = "These days are still to come."


class DigestNotAllowed(Conflict):
    """Who wants a digest may see all that it tells, and has an address."""

    default_detail = "You may not see all that this digest tells, or your account has no e-mail address."
