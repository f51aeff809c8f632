import config.kernel.identity
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0010_versions_are_found_by_their_publication'),
        ('usage', '0021_a_hold_has_a_limit'),
        ('wallets', '0014_overage_is_settled_by_an_invoice'),
    ]

    operations = [
        migrations.CreateModel(
            name='Rerating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('priced_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('reckoning', 'Reckoning'), ('ready', 'Ready'), ('discarded', 'Discarded'), ('running', 'Running'), ('done', 'Done'), ('stopped', 'Stopped'), ('reverting', 'Reverting'), ('reverted', 'Reverted'), ('failed', 'Failed')], default='asked', max_length=9)),
                ('asked_by', models.CharField(max_length=150)),
                ('asked_at', models.DateTimeField()),
                ('approved_by', models.CharField(default='', max_length=150)),
                ('approved_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(default='', max_length=150)),
                ('finished_at', models.DateTimeField(null=True)),
                ('reverted_by', models.CharField(default='', max_length=150)),
                ('reverted_at', models.DateTimeField(null=True)),
                ('revert_reason', models.TextField(default='')),
                ('reckoned', models.BigIntegerField(default=0)),
                ('debits_done', models.BigIntegerField(default=0)),
                ('cursor', models.JSONField(null=True)),
                ('carried', models.JSONField(default=list)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('worked_at', models.DateTimeField(null=True)),
                ('fault', models.TextField(default='')),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('feature', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.feature')),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.product')),
                ('table', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.ratetable')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.version')),
            ],
            options={
                'verbose_name': 're-rating',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('restores_id', models.UUIDField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('courtesy', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.reversal')),
                ('debit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
                ('replacement', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
                ('reversal', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.reversal')),
                ('root', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
                ('rerating', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='usage.rerating')),
            ],
        ),
        migrations.CreateModel(
            name='ReratingLeft',
            fields=[
                ('pk', models.CompositePrimaryKey('rerating', 'account', 'turn', 'reason', blank=True, editable=False, primary_key=True, serialize=False)),
                ('turn', models.CharField(choices=[('reckoning', 'Reckoning'), ('running', 'Running'), ('reverting', 'Reverting')], max_length=9)),
                ('reason', models.CharField(max_length=20)),
                ('debits', models.BigIntegerField()),
                ('tokens', models.DecimalField(decimal_places=6, max_digits=60)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('rerating', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='left', to='usage.rerating')),
            ],
        ),
        migrations.CreateModel(
            name='ReratingLine',
            fields=[
                ('pk', models.CompositePrimaryKey('rerating', 'account', 'feature', blank=True, editable=False, primary_key=True, serialize=False)),
                ('lines', models.BigIntegerField()),
                ('quantity', models.DecimalField(decimal_places=9, max_digits=60)),
                ('tokens_before', models.DecimalField(decimal_places=6, max_digits=60)),
                ('tokens_after', models.DecimalField(decimal_places=6, max_digits=60)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('feature', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.feature')),
                ('rerating', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='usage.rerating')),
            ],
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'reckoning', 'ready', 'discarded', 'running', 'done', 'stopped', 'reverting', 'reverted', 'failed'])), name='rerating_state_is_known', violation_error_message='A re-rating is in one of its states.'),
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('asked_by', ''), _negated=True)), name='rerating_was_asked_for_a_reason', violation_error_message='A re-rating needs a reason, and somebody who asks.'),
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(('since__lt', models.F('until')), ('until__lte', models.F('asked_at'))), name='rerating_is_of_past_usage', violation_error_message='An interval ends after it starts, and before now.'),
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('priced_at__lte', models.F('asked_at')), ('version', None)), models.Q(('priced_at', None), ('table__isnull', False), ('version__isnull', False)), _connector='OR'), name='rerating_says_by_which_prices', violation_error_message='A re-rating is by a version, for usage of a table, or by an instant.'),
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('approved_by', '')), models.Q(('approved_at__isnull', False), models.Q(('approved_by', ''), _negated=True)), _connector='OR'), name='rerating_is_approved_by_somebody', violation_error_message="An approval is somebody's."),
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(('approved_at', None), models.Q(('approved_by', models.F('asked_by')), _negated=True), _connector='OR'), name='rerating_is_approved_by_another', violation_error_message='Whoever asks for a re-rating does not approve it.'),
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('state__in', ['asked', 'reckoning', 'ready', 'discarded'])), ('state', 'failed'), models.Q(models.Q(('state__in', ['asked', 'reckoning', 'ready', 'discarded', 'failed']), _negated=True), ('approved_at__isnull', False)), _connector='OR'), name='rerating_runs_once_approved', violation_error_message='A re-rating that books was approved.'),
        ),
        migrations.AddConstraint(
            model_name='rerating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reverted_at__isnull', False), ('state__in', ['reverting', 'reverted'])), models.Q(('state__in', ['reverting', 'reverted']), _negated=True), _connector='OR'), name='rerating_is_reverted_at_an_instant', violation_error_message='A re-rating that was taken back was so by somebody.'),
        ),
        migrations.AddIndex(
            model_name='correction',
            index=models.Index(fields=['account', 'root'], name='correction_of_a_root'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.UniqueConstraint(fields=('debit', 'account'), name='debit_is_replaced_once'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.UniqueConstraint(fields=('replacement', 'account'), name='debit_replaces_one'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.UniqueConstraint(fields=('reversal', 'account'), name='reversal_is_of_one_correction'),
        ),
        AccountScoped("usage_correction"),
        AccountReference("usage_correction", "debit_id", "usage_debit"),
        AccountReference("usage_correction", "root_id", "usage_debit"),
        AccountReference("usage_correction", "replacement_id", "usage_debit"),
        AccountReference("usage_correction", "reversal_id", "usage_reversal"),
        AccountReference("usage_correction", "courtesy_id", "usage_reversal"),
        Guarded("usage_correction"),
        SqlFile("usage", "usage_uncount_v1", "d4888d02068097d7"),
        SqlFile("usage", "usage_correct_cover_v1", "fc7308168d40b4a5"),
        SqlFile("usage", "usage_correct_left_v1", "991de7e3649789d1"),
        SqlFile("usage", "usage_correct_places_v1", "fe86db8c7b6b44c0"),
        SqlFile("usage", "usage_correct_moves_v1", "cd3e7acbb616f9f5"),
        SqlFile("usage", "usage_correct_v1", "37125d7a9a760a59"),
        SqlFile("usage", "usage_rerate_account_v1", "a3ba49ed8c2ad722"),
        SqlFile("usage", "usage_rerate_v1", "ba4c084d9cbbe998"),
        SqlFile("usage", "usage_rerating_guard_v1", "1ac386b1ac72943b"),
    ]
