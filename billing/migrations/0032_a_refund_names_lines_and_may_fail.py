import django.db.models.deletion
from django.db import migrations, models

import config.kernel.fields
from config.kernel.sql import Guarded


class Migration(migrations.Migration):

    dependencies = [
        ("billing", "0031_what_connections_said_is_of_what_is_known"),
    ]

    operations = [
        migrations.AddField(
            model_name="externalrefund",
            name="lines",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="RefundChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("amount", config.kernel.fields.MoneyField()),
                ("is_whole", models.BooleanField()),
                ("lines", models.JSONField(null=True)),
                ("has_failed", models.BooleanField()),
                ("reason", models.TextField(default="")),
                ("recorded_at", models.DateTimeField()),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="billing.externalrefund",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="refundchange",
            constraint=models.UniqueConstraint(
                fields=("refund", "number"), name="refund_of_theirs_changes_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("number__gte", 1)), name="refund_change_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("has_failed", False), models.Q(("amount", 0), ("is_whole", False)), _connector="OR"
                ),
                name="failed_refund_takes_nothing",
            ),
        ),
        Guarded("billing_refundchange"),
    ]
