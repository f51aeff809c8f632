from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index beside running debits

    dependencies = [("wallets", "0008_windows_of_an_account")]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("kind", "expire")), fields=["id"], name="entry_of_an_expiry"
            ),
        ),
    ]
