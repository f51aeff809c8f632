from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from billing.connectors import mails, webhooks
from billing.connectors.registry import CONNECTORS
from billing.services import (
    advising,
    alerting,
    applying,
    comparison_turns,
    connection_secrets,
    crediting,
    delivering,
    digests,
    endpoints,
    entitlements,
    figures,
    invoice_items,
    invoicing,
    news,
    nightly,
    noting_hours,
    order_trials,
    recognising,
    reconciling,
    resyncing,
    signing_in,
    sync_alerts,
    syncing,
    top_ups,
    trial_life,
    watching,
)
from billing.services.delivering import Carriers
from config.kernel.running import alone_at

SECONDS_A_TURN = 10.0
"""How long deliveries are handed out before the next turn; the slowest may be waited for as long again."""
SECONDS_OF_RECONCILING = 50.0
"""How long reconciling goes on before other jobs have their turn."""
CARRIERS = Carriers(post=webhooks.send, mail=mails.send)
TURNS_AT_ONCE = 6
"""How many turns of connections one process has at a time: one that waits for a slow vendor holds a thread."""
TURNS = BoundedSemaphore(TURNS_AT_ONCE)
SECONDS_OF_COMPARING = 30.0
"""How long connections are handed out to be compared; whoever is asked then is waited for, in this lane alone."""
COMPARING = BoundedSemaphore(1)


@shared_task  # type: ignore[untyped-decorator]
def audit_once_a_night(**_future: Any) -> None:
    """Audit the books, once a night."""
    nightly.audit_once_a_night()


@shared_task  # type: ignore[untyped-decorator]
def tidy_connections_once_a_night(**_future: Any) -> None:
    """Remove what connections keep no longer, once a night."""
    nightly.tidy_once_a_night()


@shared_task  # type: ignore[untyped-decorator]
def reconcile_once_a_night(**_future: Any) -> None:
    """Ask for yesterday to be reconciled, and for the month before where it was not since it was over."""
    nightly.reconcile_once_a_night()


@shared_task  # type: ignore[untyped-decorator]
def reconcile_what_is_asked(**_future: Any) -> None:
    """Go on with the reconciliations that were asked for."""
    reconciling.work(SECONDS_OF_RECONCILING)


@shared_task  # type: ignore[untyped-decorator]
def compare_with_connections(**_future: Any) -> None:
    """Ask outside systems what they have of days that were reconciled, and go on with what is sent again of gaps."""
    if COMPARING.acquire(blocking=False):
        try:
            comparison_turns.work_due(CONNECTORS, SECONDS_OF_COMPARING)
        finally:
            COMPARING.release()


@shared_task  # type: ignore[untyped-decorator]
def tell_news(**_future: Any) -> None:
    """Make news of what happened since the last time, and ring for their deliveries."""
    if news.tell().deliveries:
        deliver_news.apply_async(expires=SECONDS_A_TURN)


@shared_task  # type: ignore[untyped-decorator]
def deliver_news(**_future: Any) -> None:
    """Send what is due."""
    delivering.deliver(CARRIERS, SECONDS_A_TURN)


@shared_task  # type: ignore[untyped-decorator]
def mail_ways_in(**_future: Any) -> None:
    """Mail the links to sign in that were asked for, and invitations."""
    signing_in.send_due(mails.send, _home())


@shared_task  # type: ignore[untyped-decorator]
def look_at_alerts(**_future: Any) -> None:
    """Write down which alerts of customers were crossed."""
    alerting.look(SECONDS_A_TURN)


@shared_task  # type: ignore[untyped-decorator]
def mail_alerts(**_future: Any) -> None:
    """Tell customers of the alerts that were crossed."""
    alerting.tell(mails.send, _home())


def _home() -> str:
    """Where customers' pages are, as mails name it."""
    return f"{settings.PUBLIC_URL or settings.WEB_URL}/my/"


def _desk() -> str:
    """Where the admin is, as mails name it."""
    return f"{settings.PUBLIC_URL or settings.WEB_URL}{reverse('admin:index')}"


@shared_task  # type: ignore[untyped-decorator]
def seal_secrets_anew(**_future: Any) -> None:
    """Seal with the present key what a former one sealed."""
    endpoints.seal_anew()
    connection_secrets.seal_anew()


@shared_task  # type: ignore[untyped-decorator]
def apply_received(**_future: Any) -> None:
    """Apply what outside systems told."""
    applying.work_due(CONNECTORS, SECONDS_A_TURN)


@shared_task  # type: ignore[untyped-decorator]
def let_orders_take_effect(**_future: Any) -> None:
    """Give what orders give by now: the tokens of new periods, what starts or ends, and trials that come with lines."""
    entitlements.work_due()
    order_trials.work_due()


@shared_task  # type: ignore[untyped-decorator]
def reckon_revenue(**_future: Any) -> None:
    """Reckon revenue from what the ledger has got since the last time."""
    with alone_at("reckon revenue") as is_alone:
        if is_alone:
            recognising.reckon()


@shared_task  # type: ignore[untyped-decorator]
def make_invoices(**_future: Any) -> None:
    """Make drafts of the months that are over."""
    invoicing.make_drafts()


@shared_task  # type: ignore[untyped-decorator]
def credit_reversals(**_future: Any) -> None:
    """Make credit notes of invoiced overage that was given back."""
    crediting.credit_reversals()


@shared_task  # type: ignore[untyped-decorator]
def note_first_uses(**_future: Any) -> None:
    """Note which trials were used for the first time, and let the life of those begin that wait for it."""
    trial_life.note_first_uses()


@shared_task  # type: ignore[untyped-decorator]
def top_up(**_future: Any) -> None:
    """Buy packs for accounts whose tokens are down to the threshold of their rule."""
    top_ups.work_due()


@shared_task  # type: ignore[untyped-decorator]
def fetch_from_connections(**_future: Any) -> None:
    """Fetch what outside systems have to tell, and have a person look at those that fail."""
    sync_alerts.watch()
    _in_turn(lambda: syncing.pull_due(CONNECTORS, SECONDS_A_TURN))


@shared_task  # type: ignore[untyped-decorator]
def send_to_connections(**_future: Any) -> None:
    """Send what outside systems are to be told."""
    _in_turn(lambda: syncing.send_due(CONNECTORS, SECONDS_A_TURN))


@shared_task  # type: ignore[untyped-decorator]
def note_figures(**_future: Any) -> None:
    """Let outside systems be told of what changed of accounts and is to be billed there, and ring for it."""
    if figures.note_changes(CONNECTORS) + invoice_items.put_items(CONNECTORS):
        send_to_connections.apply_async(expires=SECONDS_A_TURN)


def _in_turn(work: Callable[[], int]) -> None:
    """Work, unless as many turns wait for slow vendors as may: then the next bell is early enough."""
    if TURNS.acquire(blocking=False):
        try:
            work()
        finally:
            TURNS.release()


@shared_task  # type: ignore[untyped-decorator]
def count_a_resync(resync_id: int, **_future: Any) -> None:
    """Go on counting what a full resync would bring, and ring again where some is left."""
    if resyncing.work(resync_id, CONNECTORS, SECONDS_A_TURN):
        count_a_resync.delay(resync_id)


@shared_task  # type: ignore[untyped-decorator]
def count_resyncs_that_are_asked(**_future: Any) -> None:
    """Ring for the counts that are new, have rested, or were lost with a bell or a worker."""
    for resync_id in resyncing.due():
        count_a_resync.delay(resync_id)


@shared_task  # type: ignore[untyped-decorator]
def note_hours(**_future: Any) -> None:
    """Note the hours of all accounts for the map of peaks."""
    noting_hours.note_hours()


@shared_task  # type: ignore[untyped-decorator]
def watch_for_the_inbox(**_future: Any) -> None:
    """Raise and settle rows of the inbox; those of burn once a day."""
    watching.watch()
    watching.watch_burn_once_a_day()


@shared_task  # type: ignore[untyped-decorator]
def advise_once_a_day(**_future: Any) -> None:
    """Look at every account once a day."""
    advising.advise_once_a_day()


@shared_task  # type: ignore[untyped-decorator]
def send_digests(**_future: Any) -> None:
    """Write the weekly digests that are due, and send what waits."""
    digests.write_due(_desk())
    digests.send_due(mails.send)
