import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0010_versions_are_found_by_their_publication'),
        ('usage', '0026_an_expiry_is_moved_under_a_key'),
        ('wallets', '0020_entries_are_found_by_their_time'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='debit',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['recorded_at'], name='debit_by_its_time', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='event',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['recorded_at'], name='event_by_its_time', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='reversal',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['recorded_at'], name='reversal_by_its_time', pages_per_range=32),
        ),
    ]
