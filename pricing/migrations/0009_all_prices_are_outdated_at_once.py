from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0008_seats_and_time'),
    ]

    operations = [
        SqlFile("pricing", "pricing_outdate_all_v1", "a059f7ea905eac69"),
    ]
