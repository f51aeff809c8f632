"""The key of quarters of an hour carries their sums: the rows of one account lie apart, those of its key together."""

from django.db import migrations

KEY = "account_id, series, slot_at, mix_id"
SUMS = "quantity, covered, tokens, cost, uncosted, calls, items, refused"
_SWAP = """
    ALTER TABLE usage_usageslot
        DROP CONSTRAINT usage_usageslot_pkey,
        ADD CONSTRAINT usage_usageslot_pkey PRIMARY KEY USING INDEX usage_slot_by_key
"""


def index(including: str = "") -> str:
    return f"CREATE UNIQUE INDEX CONCURRENTLY usage_slot_by_key ON usage_usageslot ({KEY}) {including}"


class Migration(migrations.Migration):
    atomic = False  # the index is made beside running roll-ups

    dependencies = [("usage", "0031_usage_that_came_late_is_found")]

    operations = [
        migrations.RunSQL(index(f"INCLUDE ({SUMS})"), _SWAP),
        migrations.RunSQL(_SWAP, index()),
    ]
