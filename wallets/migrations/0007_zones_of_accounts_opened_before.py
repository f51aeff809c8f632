from django.db import migrations

NOTE_ZONES = """
    INSERT INTO wallets_zone (account_id, time_zone, recorded_at)
    SELECT a.id, a.time_zone, clock_timestamp() FROM wallets_account a
    WHERE NOT EXISTS (SELECT FROM wallets_zone z WHERE z.account_id = a.id)
"""


class Migration(migrations.Migration):
    dependencies = [("wallets", "0006_months_follow_the_accounts_zone")]

    operations = [migrations.RunSQL(NOTE_ZONES, migrations.RunSQL.noop)]
