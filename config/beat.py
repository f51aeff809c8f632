"""Beat: rings the bells of `config.schedule` on the broker. It runs no job, so it loads neither Django nor the apps."""

from __future__ import annotations

from celery import Celery

from config.embedded.addresses import Addresses, broker_url, data_folder
from config.schedule import ROUTES, SCHEDULE

app = Celery("tokendesk-beat", fixups=[], broker=broker_url(Addresses.current(data_folder()).redis_url))
app.conf.update(
    timezone="UTC", enable_utc=True, task_ignore_result=True, beat_schedule=SCHEDULE, task_routes=ROUTES
)
