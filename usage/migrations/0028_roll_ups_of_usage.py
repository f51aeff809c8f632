import config.kernel.identity
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import AccountScoped, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0011_what_roll_ups_ask_of_rates'),
        ('usage', '0027_usage_is_found_by_its_time'),
        ('wallets', '0020_entries_are_found_by_their_time'),
    ]

    operations = [
        migrations.CreateModel(
            name='UsageTotal',
            fields=[
                ('quantity', models.DecimalField(decimal_places=9, max_digits=60)),
                ('covered', models.DecimalField(decimal_places=9, max_digits=60)),
                ('tokens', models.DecimalField(decimal_places=6, max_digits=60)),
                ('cost', models.DecimalField(decimal_places=21, max_digits=60)),
                ('uncosted', models.DecimalField(decimal_places=9, max_digits=60)),
                ('calls', models.BigIntegerField()),
                ('items', models.BigIntegerField()),
                ('refused', models.BigIntegerField()),
                ('pk', models.CompositePrimaryKey('series', 'day', 'product_id', 'feature_id', 'unit_id', 'cost_currency', blank=True, editable=False, primary_key=True, serialize=False)),
                ('series', models.SmallIntegerField(choices=[(1, 'by when it occurred'), (2, 'by when it was recorded'), (3, 'by when it occurred, by subject'), (4, 'by when it was recorded, by subject')])),
                ('day', models.DateField()),
                ('product_id', models.BigIntegerField()),
                ('feature_id', models.BigIntegerField()),
                ('unit_id', models.BigIntegerField()),
                ('cost_currency', models.CharField(max_length=3)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RefusalNote',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('denial_id', models.UUIDField()),
                ('count', models.IntegerField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RollUps',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('home', models.TextField()),
                ('since', models.BigIntegerField()),
                ('until', models.BigIntegerField(null=True)),
                ('floor_at', models.DateTimeField()),
                ('next_floor_at', models.DateTimeField()),
                ('seen', models.BigIntegerField()),
                ('seen_at', models.DateTimeField()),
                ('debits_reached', models.UUIDField()),
                ('reversals_reached', models.UUIDField()),
                ('are_debits_read', models.BooleanField()),
                ('slots_since', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'roll-ups',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='roll_ups_are_one_row')],
            },
        ),
        migrations.CreateModel(
            name='UsageMix',
            fields=[
                ('pk', models.CompositePrimaryKey('account', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', models.UUIDField(editable=False)),
                ('product_id', models.BigIntegerField()),
                ('feature_id', models.BigIntegerField()),
                ('unit_id', models.BigIntegerField()),
                ('cost_currency', models.CharField(max_length=3)),
                ('dimensions', models.JSONField()),
                ('user', models.TextField(null=True)),
                ('team', models.TextField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='UsageDay',
            fields=[
                ('quantity', models.DecimalField(decimal_places=9, max_digits=60)),
                ('covered', models.DecimalField(decimal_places=9, max_digits=60)),
                ('tokens', models.DecimalField(decimal_places=6, max_digits=60)),
                ('cost', models.DecimalField(decimal_places=21, max_digits=60)),
                ('uncosted', models.DecimalField(decimal_places=9, max_digits=60)),
                ('calls', models.BigIntegerField()),
                ('items', models.BigIntegerField()),
                ('refused', models.BigIntegerField()),
                ('pk', models.CompositePrimaryKey('account', 'series', 'day', 'mix_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('series', models.SmallIntegerField(choices=[(1, 'by when it occurred'), (2, 'by when it was recorded'), (3, 'by when it occurred, by subject'), (4, 'by when it was recorded, by subject')])),
                ('day', models.DateField()),
                ('mix_id', models.UUIDField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
            ],
            options={
                'indexes': [models.Index(fields=['series', 'day'], name='usage_day_of_all_accounts')],
            },
        ),
        migrations.CreateModel(
            name='UsageSlot',
            fields=[
                ('quantity', models.DecimalField(decimal_places=9, max_digits=60)),
                ('covered', models.DecimalField(decimal_places=9, max_digits=60)),
                ('tokens', models.DecimalField(decimal_places=6, max_digits=60)),
                ('cost', models.DecimalField(decimal_places=21, max_digits=60)),
                ('uncosted', models.DecimalField(decimal_places=9, max_digits=60)),
                ('calls', models.BigIntegerField()),
                ('items', models.BigIntegerField()),
                ('refused', models.BigIntegerField()),
                ('pk', models.CompositePrimaryKey('account', 'series', 'slot_at', 'mix_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('series', models.SmallIntegerField(choices=[(1, 'by when it occurred'), (2, 'by when it was recorded'), (3, 'by when it occurred, by subject'), (4, 'by when it was recorded, by subject')])),
                ('slot_at', models.DateTimeField()),
                ('mix_id', models.UUIDField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.BrinIndex(fields=['slot_at'], name='usage_slot_by_its_time', pages_per_range=32)],
            },
        ),
        AccountScoped("usage_refusalnote"),
        # Without a home the first turn begins anew: it takes whatever a database holds by then.
        migrations.RunSQL(
            "INSERT INTO usage_rollups (id, home, since, floor_at, next_floor_at, seen, seen_at, debits_reached, reversals_reached,"
            " are_debits_read, slots_since) SELECT 1, '', 0, 'epoch', 'epoch', 0, 'epoch', u, u, false, '2000-01-01 00:00:00+00'"
            " FROM (SELECT '00000000-0000-7000-8000-000000000000'::uuid AS u) AS least",
            "DELETE FROM usage_rollups",
        ),
        SqlFile("usage", "usage_rollup_shapes_v1", "de5cd40f29b62568"),
        SqlFile("usage", "usage_mix_v1", "e69d1e941cd7046b"),
        SqlFile("usage", "usage_first_id_v1", "1452e8f9bfbe2318"),
        SqlFile("usage", "usage_transaction_v1", "f1ce70946dc9136d"),
        SqlFile("usage", "usage_rollup_add_v1", "b268fd1dbce06479"),
        SqlFile("usage", "usage_rollup_open_v1", "8d5c344fcb4a53d2"),
        SqlFile("usage", "usage_rollup_debits_v1", "b88f4388c9eb90ab"),
        SqlFile("usage", "usage_rollup_reversals_v1", "274df16f1d7902ed"),
        SqlFile("usage", "usage_rollup_refusals_v1", "c198cae20fe0cdaa"),
        SqlFile("usage", "usage_refusal_note_v1", "65967b19278baabd"),
        SqlFile("usage", "usage_rollup_home_v1", "7041d59f4d64df9d"),
        SqlFile("usage", "usage_rollup_anew_v1", "b41721a8bc0bb972"),
        SqlFile("usage", "usage_rollup_v1", "456e7617beb853eb"),
        SqlFile("usage", "usage_rollup_forget_v1", "c655537d21e71d68"),
    ]
