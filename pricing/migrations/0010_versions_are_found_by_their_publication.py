from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("pricing", "0009_all_prices_are_outdated_at_once")]

    operations = [
        migrations.AddIndex(
            model_name="version",
            index=models.Index(fields=["published_at"], name="version_by_publication"),
        ),
    ]
