import config.kernel.fields
import config.kernel.identity
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from config.kernel.sql import Guarded


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0022_tokens_by_the_month_of_a_year'),
        ('wallets', '0020_entries_are_found_by_their_time'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('debit', 'Debit against ledger'), ('reversal', 'Reversal against ledger'), ('event', 'Event against debits'), ('portion', 'Order against grants, tokens'), ('portion_money', 'Order against grants, money'), ('period', 'Order without its period'), ('overage', 'Overage against invoices'), ('settlement', 'Invoice against ledger'), ('invoice', 'Invoice against its lines'), ('charge', 'Order against invoices'), ('missing_here', 'Elsewhere and not here'), ('missing_there', 'Here and not elsewhere'), ('differs', 'Otherwise elsewhere')], max_length=14)),
                ('subject', models.CharField(max_length=200)),
                ('day', models.DateField()),
                ('ours', config.kernel.fields.MoneyField(null=True)),
                ('theirs', config.kernel.fields.MoneyField(null=True)),
                ('measure', models.CharField(max_length=16)),
                ('said', models.TextField(default='')),
                ('state', models.CharField(choices=[('open', 'Open'), ('closed', 'Closed')], default='open', max_length=6)),
                ('how', models.CharField(choices=[('itself', 'by itself'), ('resent', 'sent again'), ('corrected', 'a correction entry'), ('accepted', 'accepted for a reason')], default='', max_length=9)),
                ('reason', models.TextField(default='')),
                ('correction', models.CharField(choices=[('reversal', 'Reversal of a debit'), ('grant', 'Grant or adjustment'), ('credit_note', 'Credit note')], default='', max_length=11)),
                ('correction_id', models.UUIDField(null=True)),
                ('closed_by', models.CharField(default='', max_length=150)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['day', 'id'],
            },
        ),
        migrations.CreateModel(
            name='GapNote',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('verb', models.CharField(choices=[('found', 'Found'), ('changed', 'found with other figures'), ('gone', 'gone at the next run'), ('again', 'found again'), ('resent', 'sent again'), ('corrected', 'Corrected'), ('accepted', 'Accepted')], max_length=9)),
                ('said', models.TextField(default='')),
                ('by', models.CharField(default='', max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='InboxItem',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('rule', models.CharField(choices=[('threshold', 'Threshold reached'), ('burn', 'Burn spike'), ('margin', 'Negative margin'), ('expiry', 'Paid tokens expire'), ('sync', 'Failed sync'), ('books', "Books don't balance"), ('gap', 'Reconciliation gap')], max_length=9)),
                ('subject', models.CharField(max_length=200)),
                ('title', models.CharField(max_length=200)),
                ('detail', models.TextField(default='')),
                ('link', models.CharField(default='', max_length=300)),
                ('state', models.CharField(choices=[('open', 'Open'), ('acknowledged', 'Acknowledged'), ('snoozed', 'Snoozed'), ('resolved', 'Resolved')], default='open', max_length=12)),
                ('snoozed_until', models.DateTimeField(null=True)),
                ('raised_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'inbox row',
                'verbose_name_plural': 'inbox rows',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='InboxNote',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('verb', models.CharField(choices=[('raised', 'Raised'), ('acknowledged', 'Acknowledged'), ('snoozed', 'Snoozed'), ('taken', 'Taken'), ('resolved', 'Resolved')], max_length=12)),
                ('said', models.TextField(default='')),
                ('by', models.CharField(default='', max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ReconciledDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('reconciled_at', models.DateTimeField()),
                ('events', models.BigIntegerField(default=0)),
                ('booked', models.BigIntegerField(default=0)),
                ('waiting', models.BigIntegerField(default=0)),
            ],
            options={
                'ordering': ['day'],
            },
        ),
        migrations.CreateModel(
            name='ReconciledSum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.CharField(max_length=16)),
                ('charges', models.BigIntegerField(default=0)),
                ('debits', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('entries', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('given_back', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('restored', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('ordered', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('granted', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('overage', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('invoiced', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('repaid', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('reversed', config.kernel.fields.TokensField(default=Decimal('0'))),
            ],
        ),
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('next_day', models.DateField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=7)),
                ('asked_by', models.CharField(default='', max_length=150)),
                ('asked_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('found', models.IntegerField(default=0)),
                ('fault', models.TextField(default='')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('issued_at__isnull', False)), fields=['issued_at'], name='invoice_by_its_time'),
        ),
        migrations.AddIndex(
            model_name='ordercharge',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['recorded_at'], name='order_charge_by_its_time', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='orderperiod',
            index=models.Index(condition=models.Q(('ends_at__isnull', False)), fields=['ends_at'], name='order_period_by_its_end'),
        ),
        migrations.AddIndex(
            model_name='portion',
            index=models.Index(django.db.models.functions.comparison.Greatest('starts_at', models.Func('id', function='uuid_extract_timestamp', output_field=models.DateTimeField())), name='order_portion_by_its_day'),
        ),
        migrations.AddField(
            model_name='gap',
            name='customer',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='gapnote',
            name='gap',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='billing.gap'),
        ),
        migrations.AddField(
            model_name='inboxitem',
            name='customer',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='inboxitem',
            name='owner',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='inboxnote',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='billing.inboxitem'),
        ),
        migrations.AddField(
            model_name='reconciledsum',
            name='day',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sums', to='billing.reconciledday'),
        ),
        migrations.AddIndex(
            model_name='reconciliation',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['id'], name='reconciliation_under_way'),
        ),
        migrations.AddConstraint(
            model_name='reconciliation',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day')), ('next_day__gte', models.F('first_day'))), name='reconciliation_is_of_days'),
        ),
        migrations.AddConstraint(
            model_name='reconciliation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state__in', ['waiting', 'running'])), models.Q(('finished_at__isnull', False), ('state__in', ['done', 'failed'])), _connector='OR'), name='reconciliation_is_under_way_or_over'),
        ),
        migrations.AddField(
            model_name='reconciledday',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.reconciliation'),
        ),
        migrations.AddIndex(
            model_name='gap',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['day', 'id'], name='gap_that_is_open'),
        ),
        migrations.AddIndex(
            model_name='gap',
            index=models.Index(fields=['day', 'kind'], name='gap_of_a_day'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.UniqueConstraint(fields=('kind', 'subject', 'day'), name='gap_is_one_row_a_day'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', ''), ('correction', ''), ('how', ''), ('state', 'open')), models.Q(('closed_at__isnull', False), ('how__in', ['itself', 'resent']), ('state', 'closed')), models.Q(('closed_at__isnull', False), ('how__in', ['accepted', 'corrected']), ('state', 'closed'), models.Q(('reason', ''), _negated=True), models.Q(('closed_by', ''), _negated=True)), _connector='OR'), name='gap_is_open_or_closed_somehow', violation_error_message='A gap that somebody closes has a reason.'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('correction_id__isnull', False), ('how', 'corrected'), models.Q(('correction', ''), _negated=True)), models.Q(models.Q(('how', 'corrected'), _negated=True), ('correction', ''), ('correction_id', None)), _connector='OR'), name='gap_is_corrected_by_an_entry', violation_error_message='Say by which entry it was corrected.'),
        ),
        migrations.AddIndex(
            model_name='inboxitem',
            index=models.Index(condition=models.Q(('state', 'resolved'), _negated=True), fields=['rule', 'id'], name='inbox_unresolved'),
        ),
        migrations.AddConstraint(
            model_name='inboxitem',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'resolved'), _negated=True), fields=('rule', 'subject'), name='inbox_has_one_open_row_a_subject'),
        ),
        migrations.AddConstraint(
            model_name='inboxitem',
            constraint=models.CheckConstraint(condition=models.Q(('rule__in', ['threshold', 'burn', 'margin', 'expiry', 'sync', 'books', 'gap']), models.Q(('subject', ''), _negated=True), models.Q(('title', ''), _negated=True)), name='inbox_row_is_about_something'),
        ),
        migrations.AddConstraint(
            model_name='inboxitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at', None), ('snoozed_until__isnull', False), ('state', 'snoozed')), models.Q(('resolved_at__isnull', False), ('snoozed_until', None), ('state', 'resolved')), models.Q(('resolved_at', None), ('snoozed_until', None), ('state__in', ['open', 'acknowledged'])), _connector='OR'), name='inbox_row_is_put_off_until_a_time'),
        ),
        migrations.AddConstraint(
            model_name='reconciledsum',
            constraint=models.UniqueConstraint(fields=('day', 'unit'), name='day_comes_to_one_sum_a_unit'),
        ),
        Guarded("billing_gap", may_update=True),
        Guarded("billing_gapnote"),
        Guarded("billing_inboxitem", may_update=True),
        Guarded("billing_inboxnote"),
        Guarded("billing_reconciliation", may_update=True),
    ]
