import config.kernel.identity
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from config.kernel.sql import AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0009_all_prices_are_outdated_at_once'),
        ('usage', '0014_terms_begin_later_and_are_withdrawn'),
        ('wallets', '0008_windows_of_an_account'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalUnlock',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('pattern', models.CharField(help_text='A code, or a pattern that ends in *.', max_length=128, verbose_name='opens')),
                ('period', models.CharField(help_text='Such as P30D, P1M or PT12H.', max_length=8, verbose_name='for')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('feature', models.ForeignKey(blank=True, db_constraint=False, help_text='What the customer is charged for.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pricing.feature')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical unlock',
                'verbose_name_plural': 'historical unlocks',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Access',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('pattern', models.CharField(help_text='A code, or a pattern that ends in *.', max_length=128)),
                ('kind', models.CharField(choices=[('open', 'open'), ('closed', 'closed'), ('none', 'nothing said')], max_length=6)),
                ('effective_from', models.DateTimeField()),
                ('effective_until', models.DateTimeField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(blank=True, default='', max_length=150)),
                ('reason', models.TextField(blank=True, default='')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='access', to='wallets.account')),
                ('debit', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
            ],
            options={
                'verbose_name_plural': 'access',
                'indexes': [models.Index(fields=['account', 'pattern', 'effective_until'], name='access_by_its_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['open', 'closed']), models.Q(('effective_until', None), ('kind', 'none')), _connector='OR'), name='access_says_one_thing', violation_error_message='Access is open or closed for a time, or what was said of it ends.'), models.CheckConstraint(condition=models.Q(('pattern__regex', '^([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}|([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\\*)$')), name='access_names_a_feature_or_a_pattern', violation_error_message="Access is to a feature's code or a pattern that ends in *."), models.CheckConstraint(condition=models.Q(('effective_from__gte', models.F('recorded_at'))), name='access_changes_nothing_past', violation_error_message='Access changes from now or later.'), models.CheckConstraint(condition=models.Q(('effective_until', None), ('effective_until__gt', models.F('effective_from')), _connector='OR'), name='access_ends_after_it_starts', violation_error_message='Access ends after it starts.'), models.CheckConstraint(condition=models.Q(('debit', None), models.Q(('effective_until__isnull', False), ('kind', 'open')), ('kind', 'none'), _connector='OR'), name='access_that_was_bought_has_an_end', violation_error_message='A debit opens access for a time.')],
            },
        ),
        migrations.CreateModel(
            name='Unlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pattern', models.CharField(help_text='A code, or a pattern that ends in *.', max_length=128, verbose_name='opens')),
                ('period', models.CharField(help_text='Such as P30D, P1M or PT12H.', max_length=8, verbose_name='for')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('feature', models.OneToOneField(help_text='What the customer is charged for.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.feature')),
            ],
            options={
                'ordering': ['feature__code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('pattern__regex', '^([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}|([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\\*)$')), name='unlock_names_a_feature_or_a_pattern', violation_error_message="It opens a feature's code or a pattern that ends in *."), models.CheckConstraint(condition=models.Q(('period__regex', '^P([1-9][0-9]{0,3}D|[1-9][0-9]{0,2}[WM]|[1-9][0-9]?Y|T[1-9][0-9]{0,3}[HM])$')), name='unlock_is_for_a_period', violation_error_message='A period is days, weeks, months, years, hours or minutes by ISO 8601: P30D, P2W, P1M, P1Y, PT12H, PT30M.')],
            },
        ),
        AccountScoped("usage_access"),
        Guarded("usage_access"),
        SqlFile("usage", "usage_open_v1", "b8f26bdfd0c868c7"),
        SqlFile("usage", "usage_unopen_v1", "5b24705d407bf1e2"),
        SqlFile("usage", "usage_unlock_v1", "8b3571d12d741a4e"),
    ]
