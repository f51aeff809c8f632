"""When which job rings. Names and times alone.

A job finds what is due in the tables and marks its period in `Run`: a bell that was not heard, or was heard twice,
changes nothing. A bell expires when the next one rings: a worker that was away finds one, not a hundred.
"""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

SECOND, MINUTE = 1.0, 60.0

# News have a worker of their own, the courier: they wait neither for an audit nor for a rehearsal, nor these for them.
ROUTES = {
    name: {"queue": "news"}
    for name in (
        "billing.tasks.tell_news",
        "billing.tasks.deliver_news",
        "billing.tasks.mail_ways_in",
        "billing.tasks.mail_alerts",
    )
}
# Neither may roll-ups: what they show is a minute old at most.
ROUTES |= {"usage.tasks.roll_up": {"queue": "news"}}
# The courier speaks to outside systems too, in turns that leave threads to news however slow they are.
ROUTES |= {
    name: {"queue": "connections"}
    for name in (
        "billing.tasks.fetch_from_connections",
        "billing.tasks.send_to_connections",
        "billing.tasks.note_figures",
    )
}
# Comparing waits for outside systems as long as they take for a day: in a lane of its own, one turn at a time.
ROUTES["billing.tasks.compare_with_connections"] = {"queue": "comparing"}


def every(seconds: float, task: str) -> dict[str, Any]:
    """Ring `task` each so many seconds."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def at(hour: int, minute: int, task: str) -> dict[str, Any]:
    """Ring `task` daily at a time of UTC."""
    return {
        "task": task,
        "schedule": crontab(hour=str(hour), minute=str(minute)),
        "options": {"expires": 60 * MINUTE},
    }


SCHEDULE: dict[str, dict[str, Any]] = {
    "start grants": every(30 * SECOND, "wallets.tasks.start_grants"),
    "expire holds": every(30 * SECOND, "wallets.tasks.expire_holds"),
    "expire grants": every(30 * SECOND, "usage.tasks.expire_grants"),
    "end seats": every(30 * SECOND, "usage.tasks.end_seats"),
    "note changes": every(30 * SECOND, "usage.tasks.note_changes"),
    "rehearse": every(5 * SECOND, "usage.tasks.rehearse_what_is_asked"),
    "rerate": every(5 * SECOND, "usage.tasks.rerate_what_is_asked"),
    "rate events": every(10 * SECOND, "usage.tasks.sweep_events"),
    "months of events": every(60 * MINUTE, "usage.tasks.tend_months_of_events"),
    "roll up": every(10 * SECOND, "usage.tasks.roll_up"),
    "forget old hours": at(3, 10, "usage.tasks.forget_old_hours"),
    "orders": every(5 * SECOND, "billing.tasks.let_orders_take_effect"),
    "apply received": every(5 * SECOND, "billing.tasks.apply_received"),
    "note first uses": every(30 * SECOND, "billing.tasks.note_first_uses"),
    "top up": every(5 * SECOND, "billing.tasks.top_up"),
    "tell news": every(5 * SECOND, "billing.tasks.tell_news"),
    "deliver news": every(5 * SECOND, "billing.tasks.deliver_news"),
    "mail ways in": every(5 * SECOND, "billing.tasks.mail_ways_in"),
    "look at alerts": every(60 * SECOND, "billing.tasks.look_at_alerts"),
    "mail alerts": every(10 * SECOND, "billing.tasks.mail_alerts"),
    "count resyncs": every(5 * SECOND, "billing.tasks.count_resyncs_that_are_asked"),
    "reckon revenue": every(60 * SECOND, "billing.tasks.reckon_revenue"),
    "make invoices": every(10 * MINUTE, "billing.tasks.make_invoices"),
    "credit reversals": every(30 * SECOND, "billing.tasks.credit_reversals"),
    "reconcile": every(10 * MINUTE, "billing.tasks.reconcile_once_a_night"),
    "reconcile what is asked": every(5 * SECOND, "billing.tasks.reconcile_what_is_asked"),
    "compare with connections": every(5 * SECOND, "billing.tasks.compare_with_connections"),
    "fetch from connections": every(30 * SECOND, "billing.tasks.fetch_from_connections"),
    "send to connections": every(5 * SECOND, "billing.tasks.send_to_connections"),
    "note figures": every(60 * SECOND, "billing.tasks.note_figures"),
    "note hours": every(15 * MINUTE, "billing.tasks.note_hours"),
    "watch for the inbox": every(10 * MINUTE, "billing.tasks.watch_for_the_inbox"),
    "advise": every(10 * MINUTE, "billing.tasks.advise_once_a_day"),
    "digests": every(60 * SECOND, "billing.tasks.send_digests"),
    "seal secrets": at(2, 30, "billing.tasks.seal_secrets_anew"),
    "tidy connections": every(10 * MINUTE, "billing.tasks.tidy_connections_once_a_night"),
    "audit": every(10 * MINUTE, "billing.tasks.audit_once_a_night"),
}
