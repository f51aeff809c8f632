"""The pages of connections, their errors, their fields and their resyncs."""

from __future__ import annotations

from typing import cast

from billing.connectors import registry
from billing.models import Resync
from billing.tests.connectors.desk_made import a_connection, a_message, a_run, failed, told
from billing.tests.connectors.desk_sample import Sample
from billing.tests.desks.page import Page
from usage.tests.made import clock

KINDS = cast(dict[str, object], registry.CONNECTORS)


def of_connections() -> list[Page]:
    KINDS.setdefault("sample", Sample())
    row = a_connection()
    record = failed(told(row, id=1), "There is no reference.")
    message = a_message(row, "acme", fault="It answered 400.", balance="1")
    a_run(row, "companies", found=3, done=3)
    counted = Resync.objects.create(
        connection=row, streams=["companies"], state="counted", asked_at=clock(), finished_at=clock()
    )
    one = f"/admin/billing/connection/{row.pk}"
    return [
        *(Page(f"/admin/billing/connection/add/?kind={kind}", "U", "U") for kind in KINDS),
        Page(f"{one}/change/", "FUA"),
        Page(f"{one}/change/?tab=in", "FUA"),
        Page(f"{one}/change/?tab=out&state=dead", "FUA"),
        Page(f"{one}/history/", "FUA"),
        Page(f"{one}/settings/", "U", "U"),
        Page(f"{one}/secrets/api_key/", "U", "U"),
        Page(f"{one}/secrets/signing/", "U", "U"),
        Page(f"{one}/on/", "U", "U"),
        Page(f"{one}/pause/", "U", "U"),
        Page(f"{one}/off/", "U", "U"),
        Page(f"{one}/fields/", "FUA"),
        Page(f"{one}/resync/", "U", "U"),
        Page(f"{one}/resync/{counted.pk}/", "FUA", "U"),
        Page(f"{one}/resync/{counted.pk}/progress/", "FUA"),
        Page(f"{one}/errors/ignore/?direction=in&fault=There+is+no+reference.", "U", "U"),
        Page(f"{one}/in/{record.pk}/", "FUA"),
        Page(f"{one}/in/{record.pk}/ignore/", "U", "U"),
        Page(f"{one}/in/{record.pk}/erase/", "U", "U"),
        Page(f"{one}/out/{message.pk}/", "FUA"),
        Page(f"{one}/out/{message.pk}/ignore/", "U", "U"),
    ]
