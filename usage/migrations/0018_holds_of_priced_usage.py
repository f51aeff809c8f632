import config.kernel.fields
import config.kernel.identity
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0007_second_persons_and_withdrawals'),
        ('usage', '0017_backfills_of_usage'),
        ('wallets', '0010_holds_pin_tokens_of_grants'),
    ]

    operations = [
        migrations.AlterField(
            model_name='claim',
            name='effect',
            field=models.CharField(choices=[('debit', 'Debit'), ('reversal', 'Reversal'), ('grant', 'Grant'), ('void', 'Void'), ('transfer', 'Transfer'), ('checkout', 'Checkout'), ('checkin', 'Checkin'), ('hold', 'Hold'), ('release', 'Release')], max_length=10),
        ),
        migrations.CreateModel(
            name='HoldRequest',
            fields=[
                ('hold', models.OneToOneField(db_column='id', db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='request', serialize=False, to='wallets.hold')),
                ('key', models.CharField(max_length=255)),
                ('epoch', models.BigIntegerField()),
                ('floor', config.kernel.fields.TokensField(null=True)),
                ('tokens', config.kernel.fields.TokensField()),
                ('overage', config.kernel.fields.TokensField()),
                ('available_after', config.kernel.fields.TokensField()),
                ('held_after', config.kernel.fields.TokensField()),
                ('overage_after', config.kernel.fields.TokensField()),
                ('subject', models.JSONField(null=True)),
                ('metadata', models.JSONField(null=True)),
                ('occurred_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('api_key', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='usage.apikey')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.product')),
                ('table', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.ratetable')),
                ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='wallets.tokenunit')),
                ('version', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.version')),
            ],
            options={
                'verbose_name': 'hold',
            },
        ),
        migrations.CreateModel(
            name='HoldLine',
            fields=[
                ('pk', models.CompositePrimaryKey('hold', 'account', 'position', blank=True, editable=False, primary_key=True, serialize=False)),
                ('position', models.SmallIntegerField()),
                ('quantity', config.kernel.fields.QuantityField()),
                ('covered_quantity', config.kernel.fields.QuantityField(default=Decimal('0'))),
                ('tokens', config.kernel.fields.TokensField()),
                ('dimensions', models.JSONField(default=dict)),
                ('counted', config.kernel.fields.QuantityField(null=True)),
                ('pattern', models.CharField(max_length=128, null=True)),
                ('rate_dimensions', models.JSONField(null=True)),
                ('formula_price', models.DecimalField(decimal_places=0, max_digits=1000, null=True)),
                ('formula_per', models.DecimalField(decimal_places=0, max_digits=1000, null=True)),
                ('override_id', models.UUIDField(null=True)),
                ('cost', config.kernel.fields.MoneyField(null=True)),
                ('cost_currency', models.CharField(max_length=3, null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('feature', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.feature')),
                ('rate', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.rate')),
                ('hold', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='usage.holdrequest')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HoldStep',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('capture', 'Capture'), ('release', 'Release')], max_length=8)),
                ('tokens', config.kernel.fields.TokensField()),
                ('state', models.CharField(choices=[('held', 'Held'), ('captured', 'Captured'), ('released', 'Released'), ('expired', 'Expired')], max_length=8)),
                ('held', config.kernel.fields.TokensField()),
                ('overage_held', config.kernel.fields.TokensField()),
                ('captured', config.kernel.fields.TokensField()),
                ('expires_at', models.DateTimeField()),
                ('reason', models.TextField(default='')),
                ('recorded_by', models.CharField(default='', max_length=150)),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('debit', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
                ('hold', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='usage.holdrequest')),
            ],
        ),
        migrations.AddIndex(
            model_name='holdrequest',
            index=models.Index(fields=['account', 'recorded_at'], name='hold_request_of_an_account'),
        ),
        migrations.AddConstraint(
            model_name='holdrequest',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('recorded_at'))), name='hold_lasts_for_a_while'),
        ),
        migrations.AddIndex(
            model_name='holdstep',
            index=models.Index(fields=['hold', 'id'], name='hold_step_of_a_hold'),
        ),
        migrations.AddConstraint(
            model_name='holdstep',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('debit__isnull', False), ('kind', 'capture'), ('state__in', ['held', 'captured'])), models.Q(('debit', None), ('kind', 'release'), ('state__in', ['released', 'expired']), ('tokens', 0)), _connector='OR'), name='hold_step_captures_by_a_debit', violation_error_message='A capture makes a debit, a release none.'),
        ),
        migrations.AddConstraint(
            model_name='holdstep',
            constraint=models.UniqueConstraint(condition=models.Q(('debit__isnull', False)), fields=('debit', 'account'), name='debit_captures_one_hold'),
        ),
        AccountScoped("usage_holdrequest"),
        AccountScoped("usage_holdstep"),
        AccountReference("usage_holdrequest", "id", "wallets_hold"),
        AccountReference("usage_holdline", "hold_id", "usage_holdrequest"),
        AccountReference("usage_holdstep", "hold_id", "usage_holdrequest"),
        AccountReference("usage_holdstep", "debit_id", "usage_debit"),
        Guarded("usage_holdrequest"),
        Guarded("usage_holdline"),
        Guarded("usage_holdstep"),
        SqlFile("usage", "usage_hold_v1", "94ae8a0e1c36d35a"),
        SqlFile("usage", "usage_hold_step_v1", "abc91442fa0e5c21"),
        SqlFile("usage", "usage_hold_counted_v1", "a2bbb93b60480e45"),
        SqlFile("usage", "usage_capture_v1", "92844d7fbd513ad7"),
        SqlFile("usage", "usage_release_v1", "5975eaeeb8599fa9"),
    ]
