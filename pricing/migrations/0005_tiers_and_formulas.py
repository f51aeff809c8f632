import config.kernel.fields
import django.contrib.postgres.fields
from django.db import migrations, models

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0004_prices_are_outdated_from_outside'),
    ]

    operations = [
        SqlFile("pricing", "pricing_rate_charge_v1", "c690e94e89500355"),
        SqlFile("pricing", "pricing_rate_in_form_v1", "c6f86383dbfa143d"),
        migrations.AddField(
            model_name='historicalrate',
            name='formula',
            field=models.CharField(blank=True, default='', help_text='Computes the tokens of a line instead.', max_length=500),
        ),
        migrations.AddField(
            model_name='historicalrate',
            name='tier_bounds',
            field=django.contrib.postgres.fields.ArrayField(base_field=config.kernel.fields.QuantityField(checked=False), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='historicalrate',
            name='tier_mode',
            field=models.CharField(blank=True, choices=[('graduated', 'Graduated'), ('volume', 'Volume'), ('package', 'Package')], default='', max_length=9),
        ),
        migrations.AddField(
            model_name='historicalrate',
            name='tier_pers',
            field=django.contrib.postgres.fields.ArrayField(base_field=config.kernel.fields.QuantityField(checked=False), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='historicalrate',
            name='tier_prices',
            field=django.contrib.postgres.fields.ArrayField(base_field=config.kernel.fields.MoneyField(checked=False), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='rate',
            name='formula',
            field=models.CharField(blank=True, default='', help_text='Computes the tokens of a line instead.', max_length=500),
        ),
        migrations.AddField(
            model_name='rate',
            name='tier_bounds',
            field=django.contrib.postgres.fields.ArrayField(base_field=config.kernel.fields.QuantityField(checked=False), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='rate',
            name='tier_mode',
            field=models.CharField(blank=True, choices=[('graduated', 'Graduated'), ('volume', 'Volume'), ('package', 'Package')], default='', max_length=9),
        ),
        migrations.AddField(
            model_name='rate',
            name='tier_pers',
            field=django.contrib.postgres.fields.ArrayField(base_field=config.kernel.fields.QuantityField(checked=False), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='rate',
            name='tier_prices',
            field=django.contrib.postgres.fields.ArrayField(base_field=config.kernel.fields.MoneyField(checked=False), blank=True, default=list, size=None),
        ),
        migrations.AlterField(
            model_name='historicalrate',
            name='tokens',
            field=config.kernel.fields.MoneyField(help_text='Tokens for `per` units; with tiers, of those up to the first of them.'),
        ),
        migrations.AlterField(
            model_name='rate',
            name='tokens',
            field=config.kernel.fields.MoneyField(help_text='Tokens for `per` units; with tiers, of those up to the first of them.'),
        ),
        migrations.AddConstraint(
            model_name='rate',
            constraint=models.CheckConstraint(condition=models.Func('tokens', 'per', 'tier_mode', 'tier_bounds', 'tier_prices', 'tier_pers', 'formula', function='pricing_rate_in_form_v1', output_field=models.BooleanField()), name='rate_has_one_way_to_its_price', violation_error_message='A rate has one price, tiers that begin at 0 and rise, or a formula.'),
        ),
    ]
