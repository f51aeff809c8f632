import datetime

import django.contrib.postgres.indexes
import django.db.models.expressions
import django.db.models.lookups
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes beside running debits

    dependencies = [("usage", "0029_links_to_pages_of_usage")]

    operations = [
        AddIndexConcurrently(
            model_name="debit",
            index=models.Index(
                condition=models.Q(
                    django.db.models.lookups.GreaterThan(
                        django.db.models.expressions.CombinedExpression(
                            models.F("recorded_at"), "-", models.F("occurred_at")
                        ),
                        models.Value(datetime.timedelta(seconds=900)),
                    )
                ),
                fields=["occurred_at"],
                name="debit_that_came_late",
            ),
        ),
        AddIndexConcurrently(
            model_name="denial",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["first_at"], name="denial_by_its_time", pages_per_range=32
            ),
        ),
    ]
