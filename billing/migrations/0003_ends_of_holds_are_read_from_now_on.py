from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0002_news_are_read_from_now_on")]

    operations = [
        # What came to be before is told to nobody.
        migrations.RunSQL(
            """INSERT INTO billing_newsreading (name, since_at, read_until)
               SELECT 'holds expired', now, now FROM clock_timestamp() AS now ON CONFLICT DO NOTHING""",
            migrations.RunSQL.noop,
        ),
    ]
