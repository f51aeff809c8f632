from decimal import Decimal

from django.db import migrations, models
from django.db.models import F, Q

import config.kernel.fields
from config.kernel.sql import SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0013_a_charge_in_anothers_place'),
    ]

    operations = [
        migrations.AddField(
            model_name='overage',
            name='settled',
            field=config.kernel.fields.TokensField(default=Decimal('0')),
        ),
        migrations.RemoveConstraint(model_name='overage', name='overage_is_settled_once'),
        migrations.RemoveConstraint(model_name='overage', name='overage_is_open_until_settled'),
        migrations.AddConstraint(
            model_name='overage',
            constraint=models.CheckConstraint(condition=Q(tokens__gt=0, repaid__gte=0, reversed__gte=0, settled__gte=0, tokens__gte=F('repaid') + F('reversed') + F('settled')), name='overage_is_settled_once'),
        ),
        migrations.AddConstraint(
            model_name='overage',
            constraint=models.CheckConstraint(condition=Q(is_open=Q(tokens__gt=F('repaid') + F('reversed') + F('settled'))), name='overage_is_open_until_settled'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='cause_kind',
            field=models.CharField(choices=[('grant', 'Grant'), ('debit', 'Debit'), ('reversal', 'Reversal'), ('transfer', 'Transfer'), ('void', 'Void'), ('expiry', 'Expiry'), ('hold', 'Hold'), ('invoice', 'Invoice')], max_length=10),
        ),
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('grant', 'Grant'), ('transfer_in', 'Transfer In'), ('transfer_out', 'Transfer Out'), ('draw', 'Draw'), ('late_draw', 'Late Draw'), ('late_hold', 'Late Hold'), ('overage', 'Overage'), ('repay', 'Repay'), ('expire', 'Expire'), ('void', 'Void'), ('restore', 'Restore'), ('overage_reversal', 'Overage Reversal'), ('settle', 'Settle'), ('credit', 'Credit')], max_length=16),
        ),
        SqlFile("wallets", "wallets_is_invoiced_v1", "1cbb48b12793ebf2"),
        SqlFile("wallets", "wallets_overage_settle_v1", "f71b26403539a891"),
    ]
