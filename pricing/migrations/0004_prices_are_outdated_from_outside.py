from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("pricing", "0003_charging_and_publishing")]

    operations = [SqlFile("pricing", "pricing_outdate_v1", "5dc62667a6d7575f")]
