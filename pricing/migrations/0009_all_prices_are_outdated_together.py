from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("pricing", "0007_second_persons_and_withdrawals")]

    operations = [SqlFile("pricing", "pricing_outdate_all_v1", "9f3d2fe4d9b303a5")]
