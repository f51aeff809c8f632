import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0007_second_persons_and_withdrawals'),
        ('usage', '0016_windows_turn_once'),
    ]

    operations = [
        migrations.AlterField(
            model_name='waitingevent',
            name='reason',
            field=models.CharField(blank=True, choices=[('unknown_account', 'the account is unknown'), ('unknown_feature', 'the feature is unknown'), ('forbidden', "the feature is another product's"), ('no_rate', 'no rate prices it'), ('too_old', 'older than 35 days'), ('ahead', 'dated ahead'), ('out_of_range', 'it comes to too many digits'), ('fault', 'a fault of ours'), ('backfill', 'its backfill is not approved'), ('discarded', 'its backfill was discarded')], max_length=20),
        ),
        migrations.CreateModel(
            name='Backfill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('approved', 'Approved'), ('discarded', 'Discarded'), ('reverting', 'Reverting'), ('reverted', 'Reverted')], default='open', max_length=9)),
                ('opened_by', models.CharField(max_length=150)),
                ('opened_at', models.DateTimeField()),
                ('closed_by', models.CharField(default='', max_length=150)),
                ('closed_at', models.DateTimeField(null=True)),
                ('reverted_by', models.CharField(default='', max_length=150)),
                ('reverted_at', models.DateTimeField(null=True)),
                ('revert_reason', models.TextField(default='')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'approved', 'discarded', 'reverting', 'reverted'])), name='backfill_state_is_known', violation_error_message='A backfill is open, approved, discarded, reverting or reverted.'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='backfill_has_a_reason', violation_error_message='A backfill needs a reason.'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='backfill_is_closed_at_an_instant', violation_error_message='A backfill that is not open was closed by somebody.'), models.CheckConstraint(condition=models.Q(models.Q(('reverted_at__isnull', False), ('state__in', ['reverting', 'reverted'])), models.Q(models.Q(('state__in', ['reverting', 'reverted']), _negated=True), ('reverted_at', None)), _connector='OR'), name='backfill_is_reverted_at_an_instant', violation_error_message='A backfill that was taken back was so by somebody.')],
            },
        ),
        migrations.AddField(
            model_name='waitingevent',
            name='backfill',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.backfill'),
        ),
        migrations.AddIndex(
            model_name='waitingevent',
            index=models.Index(condition=models.Q(('backfill__isnull', False)), fields=['backfill'], name='event_of_a_backfill'),
        ),
        migrations.CreateModel(
            name='BackfillEvent',
            fields=[
                ('pk', models.CompositePrimaryKey('backfill', 'event_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('event_id', models.UUIDField(db_index=True)),
                ('account', models.CharField(max_length=128)),
                ('recorded_at', models.DateTimeField()),
                ('backfill', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='usage.backfill')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.product')),
            ],
            options={
                'abstract': False,
            },
        ),
        Guarded("usage_backfillevent"),
        SqlFile("usage", "usage_backfill_take_v1", "10bd426dbddbd8b8"),
        SqlFile("usage", "usage_backfill_approve_v1", "b55d0a2cd4b12630"),
        SqlFile("usage", "usage_backfill_leave_v1", "387d940e15bf7079"),
    ]
