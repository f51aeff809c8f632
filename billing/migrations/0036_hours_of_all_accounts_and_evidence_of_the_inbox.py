"""The map of peaks is read from hours that a job noted, and a row of the inbox carries what its rule went by."""

import django.db.models.deletion
from django.db import migrations, models

from config.kernel.fields import SumOfTokensField


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0035_contacts_choose_alerts"),
        ("wallets", "0020_entries_are_found_by_their_time"),
    ]

    operations = [
        migrations.AddField(
            "inboxitem",
            "evidence",
            models.JSONField(default=list, db_default=models.Value([], models.JSONField())),
        ),
        migrations.CreateModel(
            name="BurnHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, auto_created=True, serialize=False, verbose_name="ID")),
                ("hour_at", models.DateTimeField()),
                ("tokens", SumOfTokensField()),
                ("noted_at", models.DateTimeField()),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="wallets.tokenunit"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "hour_at"), name="burn_hour_is_one_a_unit")
                ],
            },
        ),
    ]
