from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index beside running captures

    dependencies = [("wallets", "0011_what_a_wallet_was_stocked_with")]

    operations = [
        AddIndexConcurrently(
            model_name="holdentry",
            index=models.Index(
                condition=models.Q(("kind", "expired")), fields=["id"], name="hold_entry_of_an_end"
            ),
        ),
    ]
