"""Advice stands while there is reason for it; who chose a weekly digest gets one mail a week."""

import config.kernel.identity
import django.contrib.postgres.fields
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('billing', '0036_hours_of_all_accounts_and_evidence_of_the_inbox'),
        ('wallets', '0020_entries_are_found_by_their_time'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DigestChoice',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='digest', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('about', models.CharField(choices=[('packaging', 'Packaging'), ('sales', 'Sales'), ('finance', 'Finance'), ('success', 'Customer success')], max_length=9, verbose_name='digest')),
                ('is_on', models.BooleanField(default=True)),
                ('set_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'weekly digest',
                'constraints': [models.CheckConstraint(condition=models.Q(('about__in', ['packaging', 'sales', 'finance', 'success'])), name='digest_is_of_a_known_kind')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalDigestChoice',
            fields=[
                ('about', models.CharField(choices=[('packaging', 'Packaging'), ('sales', 'Sales'), ('finance', 'Finance'), ('success', 'Customer success')], max_length=9, verbose_name='digest')),
                ('is_on', models.BooleanField(default=True)),
                ('set_at', models.DateTimeField()),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical weekly digest',
                'verbose_name_plural': 'historical weekly digests',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Advice',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(choices=[('runs-out', 'Runs out too early'), ('overage', 'In overage for long'), ('seats', 'Too few seats'), ('unused', 'Unused at renewal'), ('trial', 'Trial that is used'), ('peak', 'Peak over its base'), ('pack', 'A pack fits better')], max_length=20)),
                ('period', models.CharField(max_length=300)),
                ('title', models.CharField(max_length=300)),
                ('evidence', models.TextField()),
                ('rows', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('due_on', models.DateField()),
                ('found_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
            ],
            options={
                'verbose_name': 'advice',
                'verbose_name_plural': 'advice',
                'ordering': ['due_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('customer', 'code', 'period'), name='advice_is_given_once_an_occasion'), models.CheckConstraint(condition=models.Q(('code__in', ['runs-out', 'overage', 'seats', 'unused', 'trial', 'peak', 'pack'])), name='advice_is_of_a_known_rule')],
            },
        ),
        migrations.CreateModel(
            name='DigestMail',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('about', models.CharField(max_length=9)),
                ('week', models.DateField()),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('html', models.TextField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('dead', 'Dead')], default='waiting', max_length=7)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('error', models.TextField(default='')),
                ('written_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_at'], name='digest_is_due')],
                'constraints': [models.UniqueConstraint(fields=('user', 'week'), name='digest_is_written_once_a_week'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(('sent_at', None), ('state__in', ['waiting', 'dead'])), _connector='OR'), name='digest_that_was_sent_has_its_time')],
            },
        ),
    ]
