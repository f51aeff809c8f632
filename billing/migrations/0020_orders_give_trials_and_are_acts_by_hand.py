import config.kernel.fields
import config.kernel.identity
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0019_orders_of_the_same_account'),
        ('wallets', '0018_grants_that_stay_with_their_account'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderTrial',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('line', models.CharField(max_length=128)),
                ('due_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('issued', 'Issued'), ('refused', 'Refused')], default='waiting', max_length=7)),
                ('reason', models.TextField(default='')),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['order', 'line'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='actrule',
            name='act_rule_is_for_a_known_kind',
        ),
        migrations.AddField(
            model_name='actrule',
            name='currency',
            field=models.CharField(blank=True, default='', help_text='Of the list price, such as EUR.', max_length=3),
        ),
        migrations.AddField(
            model_name='actrule',
            name='money',
            field=config.kernel.fields.MoneyField(blank=True, help_text='Of orders alone: the list price of what one person may place or cancel alone within 24 hours.', null=True, verbose_name='list price a day'),
        ),
        migrations.AddField(
            model_name='historicalactrule',
            name='currency',
            field=models.CharField(blank=True, default='', help_text='Of the list price, such as EUR.', max_length=3),
        ),
        migrations.AddField(
            model_name='historicalactrule',
            name='money',
            field=config.kernel.fields.MoneyField(blank=True, help_text='Of orders alone: the list price of what one person may place or cancel alone within 24 hours.', null=True, verbose_name='list price a day'),
        ),
        migrations.AddField(
            model_name='historicaloffer',
            name='trial',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text="Trial tokens that come with a line of an order once, by the trial offer's own rules.", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.trialoffer', verbose_name='gives the trial'),
        ),
        migrations.AddField(
            model_name='offer',
            name='trial',
            field=models.ForeignKey(blank=True, help_text="Trial tokens that come with a line of an order once, by the trial offer's own rules.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.trialoffer', verbose_name='gives the trial'),
        ),
        migrations.AlterField(
            model_name='actrule',
            name='kind',
            field=models.CharField(choices=[('grant', 'Grants: bought, included and promotional tokens'), ('adjustment', 'Adjustments'), ('void', 'Taking back, which refunds what was paid'), ('reversal', 'Reversals of debits'), ('expiry', 'Moved expiries'), ('order', 'Orders placed by hand'), ('cancel', 'Orders cancelled by hand')], max_length=10, verbose_name='for'),
        ),
        migrations.AlterField(
            model_name='actrule',
            name='limit',
            field=config.kernel.fields.TokensField(blank=True, help_text='What one person may hand out or take back alone within 24 hours, of each token unit. Empty: a second person is needed always, or beyond the list price.', null=True, verbose_name='tokens a day'),
        ),
        migrations.AlterField(
            model_name='handact',
            name='kind',
            field=models.CharField(choices=[('grant', 'Grants: bought, included and promotional tokens'), ('adjustment', 'Adjustments'), ('void', 'Taking back, which refunds what was paid'), ('reversal', 'Reversals of debits'), ('expiry', 'Moved expiries'), ('order', 'Orders placed by hand'), ('cancel', 'Orders cancelled by hand')], max_length=10),
        ),
        migrations.AlterField(
            model_name='handact',
            name='unit',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AlterField(
            model_name='historicalactrule',
            name='kind',
            field=models.CharField(choices=[('grant', 'Grants: bought, included and promotional tokens'), ('adjustment', 'Adjustments'), ('void', 'Taking back, which refunds what was paid'), ('reversal', 'Reversals of debits'), ('expiry', 'Moved expiries'), ('order', 'Orders placed by hand'), ('cancel', 'Orders cancelled by hand')], max_length=10, verbose_name='for'),
        ),
        migrations.AlterField(
            model_name='historicalactrule',
            name='limit',
            field=config.kernel.fields.TokensField(blank=True, help_text='What one person may hand out or take back alone within 24 hours, of each token unit. Empty: a second person is needed always, or beyond the list price.', null=True, verbose_name='tokens a day'),
        ),
        migrations.AlterField(
            model_name='trial',
            name='seller',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='actrule',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['grant', 'adjustment', 'void', 'reversal', 'expiry', 'order', 'cancel'])), name='act_rule_is_for_a_known_kind'),
        ),
        migrations.AddConstraint(
            model_name='actrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('currency', ''), ('money', None)), models.Q(('currency__regex', '^[A-Z]{3}$'), ('kind__in', ('order', 'cancel')), ('money__gte', 0)), _connector='OR'), name='act_money_is_of_orders', violation_error_message='A list price is of orders, zero or more, in a currency such as EUR.'),
        ),
        migrations.AddField(
            model_name='ordertrial',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='ordertrial',
            name='offer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.trialoffer'),
        ),
        migrations.AddField(
            model_name='ordertrial',
            name='order',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='billing.order'),
        ),
        migrations.AddField(
            model_name='ordertrial',
            name='trial',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.trial'),
        ),
        migrations.AddIndex(
            model_name='ordertrial',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='order_trial_waiting'),
        ),
        migrations.AddConstraint(
            model_name='ordertrial',
            constraint=models.UniqueConstraint(fields=('account', 'order', 'line'), name='order_line_gives_a_trial_once'),
        ),
        migrations.AddConstraint(
            model_name='ordertrial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'waiting'), ('trial', None)), models.Q(('settled_at__isnull', False), ('state', 'issued'), ('trial__isnull', False)), models.Q(('settled_at__isnull', False), ('state', 'refused'), ('trial', None), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='order_trial_waits_or_is_settled'),
        ),
        AccountScoped("billing_ordertrial"),
        AccountReference("billing_ordertrial", "order_id", "billing_order"),
        Guarded("billing_ordertrial", may_update=True),
    ]
