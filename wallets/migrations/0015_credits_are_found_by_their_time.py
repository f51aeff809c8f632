from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index beside running debits

    dependencies = [("wallets", "0014_overage_is_settled_by_an_invoice")]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("kind", "credit")), fields=["id"], name="entry_of_a_credit"
            ),
        ),
    ]
