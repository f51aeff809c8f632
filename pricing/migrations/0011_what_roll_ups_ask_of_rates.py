from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):

    dependencies = [("pricing", "0010_versions_are_found_by_their_publication")]

    operations = [
        SqlFile("pricing", "pricing_rate_cost_v1", "c1df98cc8861054f"),
        SqlFile("pricing", "pricing_feature_named_v1", "e9eabfad0ab3ea4b"),
    ]
