import config.kernel.identity
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0013_usage_events'),
        ('wallets', '0007_zones_of_accounts_opened_before'),
    ]

    operations = [
        migrations.CreateModel(
            name='TermsWithdrawal',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('withdrawn_at', models.DateTimeField()),
                ('withdrawn_by', models.CharField(default='', max_length=150)),
                ('reason', models.TextField()),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('terms', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='usage.terms')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('account', 'terms'), name='terms_are_withdrawn_once', violation_error_message='These terms are withdrawn already.'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='terms_withdrawal_has_a_reason', violation_error_message='A withdrawal needs a reason.')],
            },
        ),
        migrations.AddConstraint(
            model_name='terms',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from', None), ('effective_from__gte', models.F('recorded_at')), _connector='OR'), name='terms_change_nothing_past', violation_error_message="An account's rate table holds from now or later."),
        ),
        AccountScoped("usage_termswithdrawal"),
        AccountReference("usage_termswithdrawal", "terms_id", "usage_terms"),
        Guarded("usage_termswithdrawal"),
        SqlFile("usage", "usage_terms_withdraw_v1", "ea4108239d0d2a44"),
    ]
