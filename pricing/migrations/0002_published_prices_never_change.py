from django.db import migrations

from config.kernel.sql import Guarded, SqlFile


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_runs_and_history"), ("pricing", "0001_price_lists_and_their_versions")]

    operations = [
        SqlFile("pricing", "pricing_epoch_start_v1", "c1ff149d5c0b712d"),
        SqlFile("pricing", "pricing_code_guard_v1", "f7bc4984f5a41287"),
        SqlFile("pricing", "pricing_version_guard_v1", "196a23bf55143a81"),
        SqlFile("pricing", "pricing_rate_guard_v1", "8528393373188db4"),
        Guarded("pricing_product", may_update=True),
        Guarded("pricing_feature", may_update=True),
        Guarded("pricing_ratetable", may_update=True),
        Guarded("pricing_epoch", may_update=True),
    ]
