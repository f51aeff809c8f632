from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0013_top_ups")]

    operations = [
        # What came to be before is told to nobody.
        migrations.RunSQL(
            """INSERT INTO billing_newsreading (name, since_at, read_until)
               SELECT name, now, now
               FROM clock_timestamp() AS now, unnest(ARRAY['top-ups pending', 'top-ups refused']) AS name
               ON CONFLICT DO NOTHING""",
            migrations.RunSQL.noop,
        ),
    ]
