import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0005_tiers_and_formulas'),
        ('usage', '0007_accounts_are_told_of_price_changes'),
        ('wallets', '0006_months_follow_the_accounts_zone'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rehearsal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('revision', models.PositiveIntegerField()),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], default='queued', max_length=9)),
                ('fault', models.TextField(default='')),
                ('tokens_before', models.DecimalField(decimal_places=6, max_digits=60, null=True)),
                ('tokens_after', models.DecimalField(decimal_places=6, max_digits=60, null=True)),
                ('lines_total', models.BigIntegerField(default=0)),
                ('lines_done', models.BigIntegerField(default=0)),
                ('plan', models.JSONField(default=list)),
                ('place', models.PositiveIntegerField(default=0)),
                ('carried', models.JSONField(default=list)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('worked_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('table', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.ratetable')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='pricing.version')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='RehearsalLine',
            fields=[
                ('pk', models.CompositePrimaryKey('rehearsal', 'account', 'feature', blank=True, editable=False, primary_key=True, serialize=False)),
                ('lines', models.BigIntegerField()),
                ('quantity', models.DecimalField(decimal_places=9, default=Decimal('0'), max_digits=60)),
                ('tokens_before', models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=60)),
                ('tokens_after', models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=60)),
                ('unpriced_lines', models.BigIntegerField(default=0)),
                ('unpriced_tokens', models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=60)),
                ('cost_before', models.DecimalField(decimal_places=21, default=Decimal('0'), max_digits=60)),
                ('costed_before', models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=60)),
                ('cost_after', models.DecimalField(decimal_places=21, default=Decimal('0'), max_digits=60)),
                ('costed_after', models.DecimalField(decimal_places=6, default=Decimal('0'), max_digits=60)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('feature', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.feature')),
                ('rehearsal', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='usage.rehearsal')),
            ],
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'cancelled', 'failed'])), name='rehearsal_state_is_known', violation_error_message='A rehearsal is queued, running, done, cancelled or failed.'),
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.CheckConstraint(condition=models.Q(('since__lt', models.F('until'))), name='rehearsal_ends_after_it_starts', violation_error_message='A period ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state__in', ['queued', 'running'])), models.Q(('finished_at__isnull', False), ('state__in', ['done', 'cancelled', 'failed'])), _connector='OR'), name='rehearsal_is_finished_at_an_instant', violation_error_message='A rehearsal that is over has an end, and no other has one.'),
        ),
    ]
