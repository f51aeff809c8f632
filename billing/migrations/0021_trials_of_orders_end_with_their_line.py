from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("billing", "0020_orders_give_trials_and_are_acts_by_hand")]

    operations = [
        migrations.RemoveConstraint(
            model_name="ordertrial",
            name="order_trial_waits_or_is_settled",
        ),
        migrations.RemoveIndex(
            model_name="ordertrial",
            name="order_trial_waiting",
        ),
        migrations.AddField(
            model_name="ordertrial",
            name="put_off_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="ordertrial",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("issued", "Issued"),
                    ("refused", "Refused"),
                    ("ending", "Ending"),
                    ("ended", "Ended"),
                ],
                default="waiting",
                max_length=7,
            ),
        ),
        migrations.AddIndex(
            model_name="ordertrial",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "ending"])), fields=["due_at"], name="order_trial_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="ordertrial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("state", "waiting"), ("trial", None)),
                    models.Q(("settled_at__isnull", False), ("state", "issued"), ("trial__isnull", False)),
                    models.Q(
                        ("settled_at__isnull", False),
                        ("state", "refused"),
                        ("trial", None),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    models.Q(
                        ("settled_at__isnull", False),
                        ("state__in", ["ending", "ended"]),
                        ("trial__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="order_trial_waits_or_is_settled",
            ),
        ),
    ]
