from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("pricing", "0007_second_persons_and_withdrawals")]

    operations = [
        migrations.AddIndex(
            model_name="version",
            index=models.Index(fields=["published_at"], name="version_by_publication"),
        ),
    ]
