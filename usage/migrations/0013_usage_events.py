import config.kernel.fields
import config.kernel.identity
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded, SqlFile

# Rows come and go: they are swept by their number, not by their share of a table that is mostly empty.
QUEUE_SETTINGS = """
    ALTER TABLE usage_waitingevent SET (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0008_seats_and_time'),
        ('usage', '0012_where_keys_are_used'),
        ('wallets', '0008_windows_of_an_account'),
    ]

    operations = [
        migrations.CreateModel(
            name='EventIdentity',
            fields=[
                ('pk', models.CompositePrimaryKey('account', 'source', 'sent_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('account', models.CharField(max_length=128)),
                ('source', models.CharField(max_length=255)),
                ('sent_id', models.CharField(max_length=255)),
                ('fingerprint', models.BinaryField(max_length=32)),
                ('event_id', models.UUIDField()),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'event identities',
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ('recorded_at', models.DateTimeField()),
                        ('account', models.CharField(max_length=128)),
                        ('source', models.CharField(max_length=255)),
                        ('sent_id', models.CharField(max_length=255)),
                        ('feature', models.CharField(max_length=128)),
                        ('occurred_at', models.DateTimeField()),
                        ('quantity', config.kernel.fields.QuantityField(checked=False)),
                        ('dimensions', models.JSONField(default=dict)),
                        ('cost', config.kernel.fields.MoneyField(checked=False, null=True)),
                        ('cost_currency', models.CharField(max_length=3, null=True)),
                        ('subject', models.JSONField(null=True)),
                        ('payload', models.JSONField()),
                        ('api_key', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='usage.apikey')),
                        ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.product')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
            database_operations=[SqlFile("usage", "usage_event_store_v1", "e9b3aa731bb7b2c8")],
        ),
        migrations.CreateModel(
            name='WaitingEvent',
            fields=[
                ('event_id', models.UUIDField(primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField()),
                ('account', models.CharField(max_length=128)),
                ('feature', models.CharField(max_length=128)),
                ('lane', models.SmallIntegerField()),
                ('occurred_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, choices=[('unknown_account', 'the account is unknown'), ('unknown_feature', 'the feature is unknown'), ('forbidden', "the feature is another product's"), ('no_rate', 'no rate prices it'), ('too_old', 'older than 35 days'), ('ahead', 'dated ahead'), ('out_of_range', 'it comes to too many digits'), ('fault', 'a fault of ours')], max_length=20)),
                ('detail', models.TextField()),
                ('tries', models.IntegerField()),
                ('due_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('reason', '')), fields=['lane', 'occurred_at', 'event_id'], name='event_next_in_its_lane'), models.Index(condition=models.Q(('reason', ''), _negated=True), fields=['reason', 'event_id'], name='event_that_is_stuck'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='event_tried_again')],
            },
        ),
        migrations.CreateModel(
            name='BeyondPolicy',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('tokens', config.kernel.fields.TokensField()),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('debit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
            ],
            options={
                'verbose_name_plural': 'beyond policy',
                'constraints': [models.UniqueConstraint(fields=('account', 'debit'), name='debit_is_marked_once'), models.CheckConstraint(condition=models.Q(('tokens__gt', 0)), name='beyond_policy_is_something')],
            },
        ),
        Guarded("usage_event"),
        Guarded("usage_eventidentity"),
        AccountScoped("usage_beyondpolicy"),
        AccountReference("usage_beyondpolicy", "debit_id", "usage_debit"),
        Guarded("usage_beyondpolicy"),
        migrations.RunSQL(QUEUE_SETTINGS, migrations.RunSQL.noop),
        SqlFile("usage", "usage_event_partitions_v1", "f2b85e5077961b0d"),
        SqlFile("usage", "usage_event_detach_v1", "7517ee6ec3a56e23"),
        SqlFile("usage", "usage_accept_v1", "6c2d934ca2dbb4a0"),
        SqlFile("usage", "usage_rate_v1", "f7e40e4cb84f6eb8"),
        SqlFile("usage", "usage_event_park_v1", "0a130e72f2a82555"),
        SqlFile("usage", "usage_event_again_v1", "e4dd695b69ecb1ec"),
        migrations.RunSQL("SELECT usage_event_partitions_v1(3)", migrations.RunSQL.noop),
    ]
