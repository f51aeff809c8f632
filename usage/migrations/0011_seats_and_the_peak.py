import config.kernel.identity
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0008_seats_and_time'),
        ('usage', '0010_limits_inside_a_customer'),
        ('wallets', '0008_windows_of_an_account'),
    ]

    operations = [
        migrations.AlterField(
            model_name='claim',
            name='effect',
            field=models.CharField(choices=[('debit', 'Debit'), ('reversal', 'Reversal'), ('grant', 'Grant'), ('void', 'Void'), ('transfer', 'Transfer'), ('checkout', 'Checkout'), ('checkin', 'Checkin')], max_length=10),
        ),
        migrations.CreateModel(
            name='Checkout',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('person', models.CharField(default='', max_length=128)),
                ('subject', models.JSONField(null=True)),
                ('metadata', models.JSONField(null=True)),
                ('dimensions', models.JSONField(default=dict)),
                ('pool', models.CharField(default='', max_length=128)),
                ('seat', models.CharField(choices=[('base', 'Base'), ('overflow', 'Overflow')], max_length=8)),
                ('interval', models.IntegerField()),
                ('heartbeat', models.IntegerField()),
                ('refunds', models.BooleanField()),
                ('intervals', models.IntegerField(default=0)),
                ('started_at', models.DateTimeField()),
                ('last_beat_at', models.DateTimeField()),
                ('alive_until', models.DateTimeField()),
                ('charged_until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(choices=[('', 'open'), ('checkin', 'checked in'), ('lost', 'no sign of life')], default='', max_length=7)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='checkouts', to='wallets.account')),
                ('api_key', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='usage.apikey')),
                ('feature', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.feature')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.product')),
            ],
        ),
        migrations.CreateModel(
            name='CheckoutCharge',
            fields=[
                ('pk', models.CompositePrimaryKey('checkout', 'account', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('person', models.CharField(default='', max_length=128)),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('checkout', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='usage.checkout')),
                ('debit', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
                ('feature', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.feature')),
            ],
        ),
        migrations.CreateModel(
            name='CheckoutMove',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('seat', models.CharField(blank=True, default='', max_length=8)),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('checkout', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='usage.checkout')),
            ],
        ),
        migrations.CreateModel(
            name='Seats',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('pattern', models.CharField(help_text='A code, or a pattern that ends in *.', max_length=128)),
                ('seats', models.PositiveIntegerField(blank=True, null=True)),
                ('effective_from', models.DateTimeField()),
                ('effective_until', models.DateTimeField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(blank=True, default='', max_length=150)),
                ('reason', models.TextField(blank=True, default='')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='wallets.account')),
            ],
            options={
                'verbose_name_plural': 'seats',
            },
        ),
        migrations.AddIndex(
            model_name='checkout',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['account'], name='checkout_open'),
        ),
        migrations.AddIndex(
            model_name='checkout',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['alive_until'], name='checkout_to_end'),
        ),
        migrations.AddIndex(
            model_name='checkout',
            index=models.Index(fields=['account', '-started_at'], name='checkout_latest_first'),
        ),
        migrations.AddConstraint(
            model_name='checkout',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None), models.Q(('person', ''), _negated=True)), fields=('account', 'feature', 'person'), name='person_has_one_seat_of_a_feature'),
        ),
        migrations.AddConstraint(
            model_name='checkout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', '')), models.Q(('ended_at__isnull', False), models.Q(('ended_by', ''), _negated=True)), _connector='OR'), name='checkout_ends_for_a_reason'),
        ),
        migrations.AddIndex(
            model_name='checkoutcharge',
            index=models.Index(condition=models.Q(('debit__isnull', False), models.Q(('person', ''), _negated=True)), fields=['account', 'feature', 'person', '-begins_at'], name='person_charged_last'),
        ),
        migrations.AddIndex(
            model_name='checkoutcharge',
            index=models.Index(condition=models.Q(('debit__isnull', False)), fields=['debit'], name='interval_of_a_debit'),
        ),
        migrations.AddConstraint(
            model_name='checkoutcharge',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='interval_has_a_length'),
        ),
        migrations.AddIndex(
            model_name='checkoutmove',
            index=models.Index(fields=['account', 'at'], name='checkout_moves_in_order'),
        ),
        migrations.AddConstraint(
            model_name='seats',
            constraint=models.CheckConstraint(condition=models.Q(('pattern__regex', '^([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}|([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\\*)$')), name='seats_name_a_feature_or_a_pattern', violation_error_message="Seats name a feature's code or a pattern that ends in *."),
        ),
        migrations.AddConstraint(
            model_name='seats',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__gte', models.F('recorded_at'))), name='seats_change_nothing_past', violation_error_message='Seats hold from now or later.'),
        ),
        migrations.AddConstraint(
            model_name='seats',
            constraint=models.CheckConstraint(condition=models.Q(('effective_until', None), ('effective_until__gt', models.F('effective_from')), _connector='OR'), name='seats_end_after_they_start', violation_error_message='Seats end after they start.'),
        ),
        AccountScoped("usage_seats"),
        AccountScoped("usage_checkout"),
        AccountScoped("usage_checkoutmove"),
        Guarded("usage_seats"),
        Guarded("usage_checkout", may_update=True),
        Guarded("usage_checkoutmove"),
        Guarded("usage_checkoutcharge"),
        SqlFile("usage", "usage_seat_v1", "98a3312bb6d8948f"),
        SqlFile("usage", "usage_seats_end_v1", "619dcd0a2b58f65d"),
        SqlFile("usage", "usage_seats_sweep_v1", "ff177b5fefdcc638"),
        SqlFile("usage", "usage_seats_free_v1", "6607984213f42b39"),
        SqlFile("usage", "usage_seat_charge_v1", "e3e06a1901f71c39"),
        SqlFile("usage", "usage_seat_refund_v1", "cb841b4aead2fa0c"),
        SqlFile("usage", "usage_checkout_v1", "bf8a91aec70860fa"),
        SqlFile("usage", "usage_heartbeat_v1", "a181cac9b2a235e8"),
        SqlFile("usage", "usage_checkin_v1", "ada25368095bbbec"),
    ]
