from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("wallets", "0004_default_unit_and_currency")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="created_at",
            field=models.DateTimeField(db_default=Now(), editable=False),
        )
        for model in ("account", "historicalaccount")
    ]
