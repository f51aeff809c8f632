import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0019_days_of_an_account'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='entry',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['recorded_at'], name='entry_by_its_time', pages_per_range=32),
        ),
    ]
