import config.kernel.fields
import config.kernel.identity
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

from config.kernel.sql import AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0005_tiers_and_formulas'),
        ('usage', '0004_default_table_and_refused_transfers'),
        ('wallets', '0006_months_follow_the_accounts_zone'),
    ]

    operations = [
        migrations.AddField(
            model_name='debitline',
            name='counted',
            field=config.kernel.fields.QuantityField(checked=False, null=True),
        ),
        migrations.AddField(
            model_name='debitline',
            name='formula_per',
            field=models.DecimalField(decimal_places=0, max_digits=1000, null=True),
        ),
        migrations.AddField(
            model_name='debitline',
            name='formula_price',
            field=models.DecimalField(decimal_places=0, max_digits=1000, null=True),
        ),
        migrations.AddField(
            model_name='debitline',
            name='override_id',
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name='TierCount',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('pattern', models.CharField(max_length=128)),
                ('dimensions', models.JSONField(default=dict)),
                ('units', config.kernel.fields.QuantityField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('feature', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.feature')),
            ],
        ),
        migrations.AddField(
            model_name='debitline',
            name='counter',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.tiercount'),
        ),
        migrations.AddConstraint(
            model_name='tiercount',
            constraint=models.UniqueConstraint(models.F('account'), models.F('month'), models.F('feature'), models.F('pattern'), django.db.models.functions.text.MD5(django.db.models.functions.comparison.Cast('dimensions', models.TextField())), name='units_of_a_month_are_counted_once'),
        ),
        migrations.AddConstraint(
            model_name='tiercount',
            constraint=models.CheckConstraint(condition=models.Q(('units__gte', 0)), name='counted_units_are_not_negative'),
        ),
        AccountScoped("usage_tiercount"),
        Guarded("usage_tiercount", may_update=True),
        SqlFile("usage", "usage_counted_v1", "1310544cc0085629"),
        SqlFile("usage", "usage_count_v1", "ab67cba153c065bd"),
        SqlFile("usage", "usage_tiers_v1", "1884806a3b57a157"),
    ]
