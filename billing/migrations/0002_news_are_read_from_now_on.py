from django.db import migrations

# What came to be before is told to nobody: no endpoint was there to be told.
SORTS = ("grants created", "grants expired", "grants expiring", "versions published", "crossings", "price notices")


class Migration(migrations.Migration):

    dependencies = [("billing", "0001_news_and_their_deliveries")]

    operations = [
        migrations.RunSQL(
            [
                (
                    """INSERT INTO billing_newsreading (name, since_at, read_until)
                       SELECT name, now, now FROM unnest(%s::text[]) AS name, clock_timestamp() AS now""",
                    [list(SORTS)],
                )
            ],
            migrations.RunSQL.noop,
        ),
    ]
