from django.db import migrations, models

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("wallets", "0017_orders_take_tokens_back_in_part")]

    operations = [
        migrations.AddField(
            model_name="grant", name="is_bound", field=models.BooleanField(db_default=False, default=False)
        ),
        SqlFile("wallets", "wallets_bind_v1", "58edb94e8344bac5"),
    ]
