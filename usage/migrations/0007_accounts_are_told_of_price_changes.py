import config.kernel.identity
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import AccountScoped, Guarded


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0007_second_persons_and_withdrawals'),
        ('usage', '0006_who_sees_which_price'),
        ('wallets', '0006_months_follow_the_accounts_zone'),
    ]

    operations = [
        migrations.CreateModel(
            name='PriceNotice',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('effective_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_notices', to='wallets.account')),
                ('segment_terms', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.segmentterms')),
                ('version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.version')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('version', None), ('segment_terms', None), _connector='XOR'), name='price_notice_is_of_one_change', violation_error_message="A notice is of a version or of a segment's move."), models.UniqueConstraint(fields=('account', 'version', 'segment_terms'), name='account_is_told_once_of_a_change', nulls_distinct=False, violation_error_message='The account is told of this already.')],
            },
        ),
        AccountScoped("usage_pricenotice"),
        Guarded("usage_pricenotice"),
    ]
