import config.kernel.fields
import config.kernel.identity
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0016_an_order_changes_money_and_moves_no_token'),
        ('pricing', '0010_versions_are_found_by_their_publication'),
        ('wallets', '0016_a_grants_expiry_is_a_dated_fact'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountBilling',
            fields=[
                ('customer', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='wallets.account')),
                ('billing', models.CharField(choices=[('invoice', 'By invoices made here'), ('external', 'Elsewhere')], max_length=8)),
            ],
        ),
        migrations.CreateModel(
            name='BilledMonth',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('kind', models.CharField(choices=[('fee', 'Fees'), ('overage', 'Overage')], max_length=7)),
                ('billed', config.kernel.fields.MoneyField(default=0)),
                ('earned', config.kernel.fields.MoneyField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='OrderCharge',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('version', models.BigIntegerField()),
                ('description', models.CharField(max_length=300)),
                ('quantity', config.kernel.fields.QuantityField()),
                ('unit_price', config.kernel.fields.MoneyField()),
                ('list_amount', config.kernel.fields.MoneyField(null=True)),
                ('amount', config.kernel.fields.MoneyField()),
                ('fee', config.kernel.fields.MoneyField()),
                ('currency', models.CharField(max_length=3)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('is_end', models.BooleanField(default=False)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField(null=True)),
                ('is_external', models.BooleanField()),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['period', 'number'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalAccountBilling',
            fields=[
                ('billing', models.CharField(choices=[('invoice', 'By invoices made here'), ('external', 'Elsewhere')], max_length=8)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical account billing',
                'verbose_name_plural': 'historical account billings',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RemoveConstraint(
            model_name='invoiceline',
            name='invoice_line_is_of_its_kind',
        ),
        migrations.RemoveConstraint(
            model_name='invoiceline',
            name='invoice_line_asks_for_something',
        ),
        migrations.RemoveConstraint(
            model_name='journalaccount',
            name='journal_account_has_a_role',
        ),
        migrations.RemoveConstraint(
            model_name='periodfigure',
            name='closed_month_has_one_figure_a_currency_and_product',
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='first_day',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='last_day',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='list_amount',
            field=config.kernel.fields.MoneyField(null=True),
        ),
        migrations.AddField(
            model_name='orderversion',
            name='billing',
            field=models.CharField(default='', max_length=8),
        ),
        migrations.AddField(
            model_name='periodfigure',
            name='kind',
            field=models.CharField(default='tokens', max_length=7),
        ),
        migrations.AlterField(
            model_name='historicaljournalaccount',
            name='role',
            field=models.CharField(choices=[('receivable', 'Paid or to be paid by customers'), ('deferred', 'Owed to customers in tokens'), ('revenue', 'Earned by usage'), ('breakage', 'Earned by expiry'), ('refunds', 'To be given back to customers'), ('unearned', 'Owed to customers in time'), ('fees', 'Earned by time'), ('unbilled', 'Used beyond prepaid tokens, and on no invoice yet'), ('overage', 'Earned by use beyond prepaid tokens'), ('transfers', 'Moved between customers; comes to zero')], db_index=True, editable=False, max_length=10),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='kind',
            field=models.CharField(choices=[('overage', 'Overage'), ('fixed', 'Fixed'), ('order', 'Order')], max_length=7),
        ),
        migrations.AlterField(
            model_name='journalaccount',
            name='role',
            field=models.CharField(choices=[('receivable', 'Paid or to be paid by customers'), ('deferred', 'Owed to customers in tokens'), ('revenue', 'Earned by usage'), ('breakage', 'Earned by expiry'), ('refunds', 'To be given back to customers'), ('unearned', 'Owed to customers in time'), ('fees', 'Earned by time'), ('unbilled', 'Used beyond prepaid tokens, and on no invoice yet'), ('overage', 'Earned by use beyond prepaid tokens'), ('transfers', 'Moved between customers; comes to zero')], editable=False, max_length=10, unique=True),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'overage'), ('rate__isnull', False), models.Q(('feature', ''), _negated=True)), models.Q(('feature', ''), ('kind__in', ['fixed', 'order']), ('rate', None)), _connector='OR'), name='invoice_line_is_of_its_kind', violation_error_message='A line of overage has a feature and a rate; any other neither.'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), models.Q(('kind', 'order'), models.Q(('amount__gte', 0), ('unit_price__gte', 0)), _connector='OR')), name='invoice_line_asks_for_something', violation_error_message='A line is of a positive quantity, at a price of zero or more.'),
        ),
        migrations.AddConstraint(
            model_name='journalaccount',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['receivable', 'deferred', 'revenue', 'breakage', 'refunds', 'transfers', 'unearned', 'fees', 'unbilled', 'overage'])), name='journal_account_has_a_role'),
        ),
        migrations.AddConstraint(
            model_name='orderversion',
            constraint=models.CheckConstraint(condition=models.Q(('billing__in', ['', 'invoice', 'external'])), name='order_is_billed_here_or_elsewhere'),
        ),
        migrations.AddConstraint(
            model_name='periodfigure',
            constraint=models.UniqueConstraint(fields=('period', 'currency', 'kind', 'product'), name='closed_month_has_one_figure_a_currency_and_product', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='periodfigure',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['tokens', 'fee', 'overage'])), name='figure_is_of_a_known_kind'),
        ),
        migrations.AddConstraint(
            model_name='accountbilling',
            constraint=models.CheckConstraint(condition=models.Q(('billing__in', ['invoice', 'external'])), name='account_is_billed_here_or_elsewhere'),
        ),
        migrations.AddField(
            model_name='billedmonth',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='billedmonth',
            name='credit',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='months', to='billing.creditline'),
        ),
        migrations.AddField(
            model_name='billedmonth',
            name='line',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='months', to='billing.invoiceline'),
        ),
        migrations.AddField(
            model_name='billedmonth',
            name='product',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.product'),
        ),
        migrations.AddField(
            model_name='ordercharge',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='ordercharge',
            name='period',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='billing.orderperiod'),
        ),
        migrations.AddField(
            model_name='billedmonth',
            name='charge',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='months', to='billing.ordercharge'),
        ),
        migrations.AddField(
            model_name='historicalaccountbilling',
            name='customer',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='historicalaccountbilling',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='CreditedCharge',
            fields=[
                ('charge', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='credited', serialize=False, to='billing.ordercharge')),
                ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('note', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='billing.creditnote')),
            ],
        ),
        migrations.CreateModel(
            name='InvoicedCharge',
            fields=[
                ('charge', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='invoiced', serialize=False, to='billing.ordercharge')),
                ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='charged', to='billing.invoiceline')),
            ],
        ),
        migrations.AddIndex(
            model_name='ordercharge',
            index=models.Index(condition=models.Q(('amount__lt', 0)), fields=['account'], name='order_charge_takes_off'),
        ),
        migrations.AddConstraint(
            model_name='ordercharge',
            constraint=models.UniqueConstraint(fields=('account', 'period', 'number'), name='order_charges_are_numbered'),
        ),
        migrations.AddConstraint(
            model_name='ordercharge',
            constraint=models.CheckConstraint(condition=models.Q(('amount', 0), ('fee', 0), _negated=True), name='order_charge_asks_for_something_or_less'),
        ),
        migrations.AddConstraint(
            model_name='ordercharge',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='order_charge_is_of_something'),
        ),
        migrations.AddIndex(
            model_name='billedmonth',
            index=models.Index(fields=['month', 'currency', 'id'], name='billed_of_a_month'),
        ),
        migrations.AddConstraint(
            model_name='billedmonth',
            constraint=models.UniqueConstraint(fields=('account', 'charge', 'line', 'credit', 'month', 'product'), name='billed_month_is_one_row_a_source', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='billedmonth',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('charge__isnull', False), ('credit', None), ('kind', 'fee')), models.Q(('charge', None), ('credit', None), ('line__isnull', False)), models.Q(('charge', None), ('credit__isnull', False), ('line', None)), _connector='OR'), name='billed_month_has_one_source'),
        ),
        AccountScoped("billing_ordercharge"),
        AccountScoped("billing_billedmonth"),
        AccountReference("billing_ordercharge", "period_id", "billing_orderperiod"),
        AccountReference("billing_billedmonth", "charge_id", "billing_ordercharge"),
        Guarded("billing_ordercharge"),
        Guarded("billing_invoicedcharge"),
        Guarded("billing_creditedcharge"),
        Guarded("billing_billedmonth"),
    ]
