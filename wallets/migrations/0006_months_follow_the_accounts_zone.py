import config.kernel.identity
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0005_accounts_are_opened_by_the_databases_clock'),
    ]

    operations = [
        migrations.CreateModel(
            name='Zone',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('time_zone', models.CharField(max_length=64)),
                ('counts_from', models.DateTimeField(null=True)),
                ('first_month', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='zones', to='wallets.account')),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'counts_from'], name='zone_of_an_account')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('counts_from', None), ('first_month', None)), models.Q(('counts_from__isnull', False), ('first_month__isnull', False)), _connector='OR'), name='zone_begins_with_a_month', violation_error_message='A time zone counts from the beginning of a month.')],
            },
        ),
        AccountScoped("wallets_zone"),
        Guarded("wallets_zone"),
        SqlFile("wallets", "wallets_month_v1", "3c1a14570f8a0fb9"),
        SqlFile("wallets", "wallets_zone_v1", "e09c5c9bd627c761"),
    ]
