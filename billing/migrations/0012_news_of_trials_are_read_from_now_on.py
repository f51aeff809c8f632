from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0011_trials_that_sell")]

    operations = [
        # What came to be before is told to nobody.
        migrations.RunSQL(
            """INSERT INTO billing_newsreading (name, since_at, read_until)
               SELECT name, now, now FROM clock_timestamp() AS now, unnest(ARRAY['trials expiring', 'trials converted']) AS name
               ON CONFLICT DO NOTHING""",
            migrations.RunSQL.noop,
        ),
    ]
