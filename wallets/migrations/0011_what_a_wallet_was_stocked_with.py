import config.kernel.fields
from django.db import migrations, models

from config.kernel.sql import SqlFile

# Wallets from before begin anew: what is available now stands for what was when the last grant came into force.
NOTE_STOCK = """
    UPDATE wallets_wallet w SET
        starts = g.starts, purchases = g.purchases, bought = g.bought,
        stocked = CASE WHEN g.starts > 0 THEN g.available END,
        empty_since = CASE WHEN g.available > 0 THEN NULL ELSE g.starts END,
        overdrawn_from = CASE WHEN w.overage = 0 THEN 0 ELSE 1 + coalesce((
            SELECT max(e.number) FROM wallets_entry e
            WHERE e.account_id = w.account_id AND e.wallet_id = w.id AND e.overage_after = 0), 0) END
    FROM (
        SELECT account_id, wallet_id, count(*) FILTER (WHERE has_started) AS starts,
               count(*) FILTER (WHERE is_bought) AS purchases,
               (array_agg(tokens ORDER BY effective_at DESC, id DESC) FILTER (WHERE is_bought))[1] AS bought,
               coalesce(sum(remaining - held) FILTER (
                   WHERE effective_at <= clock_timestamp() AND (expires_at IS NULL OR expires_at > clock_timestamp())), 0) AS available
        FROM (SELECT *, has_started AND kind = 'purchase' AND EXISTS (
                  SELECT FROM wallets_entry e WHERE e.account_id = one.account_id AND e.grant_id = one.id AND e.kind = 'grant') AS is_bought
              FROM (SELECT *, NOT is_pending AND (voided_at < effective_at) IS NOT TRUE AS has_started FROM wallets_grant) AS one) AS each_of_them
        GROUP BY 1, 2) AS g
    WHERE g.account_id = w.account_id AND g.wallet_id = w.id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0010_holds_pin_tokens_of_grants'),
    ]

    operations = [
        migrations.AddField(
            model_name='wallet',
            name='bought',
            field=config.kernel.fields.TokensField(checked=False, null=True),
        ),
        migrations.AddField(
            model_name='wallet',
            name='empty_since',
            field=models.BigIntegerField(db_default=0, null=True),
        ),
        migrations.AddField(
            model_name='wallet',
            name='overdrawn_from',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='wallet',
            name='purchases',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='wallet',
            name='starts',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='wallet',
            name='stocked',
            field=models.DecimalField(decimal_places=6, max_digits=36, null=True),
        ),
        migrations.AddIndex(
            model_name='wallet',
            index=models.Index(condition=models.Q(('empty_since__gt', 0)), fields=['account'], name='wallet_noted_empty'),
        ),
        migrations.RunSQL(NOTE_STOCK, migrations.RunSQL.noop),
        SqlFile("wallets", "wallets_stock_v1", "85fb9dc2d9c52d08"),
        SqlFile("wallets", "wallets_stock_up_v1", "38410d8da053cbd5"),
        SqlFile("wallets", "wallets_empty_v1", "4057f3de770f3d5b"),
        SqlFile("wallets", "wallets_stocks_v1", "53b08530bb295562"),
    ]
