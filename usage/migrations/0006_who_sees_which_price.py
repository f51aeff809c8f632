import config.kernel.fields
import config.kernel.identity
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from config.kernel.sql import AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0005_tiers_and_formulas'),
        ('usage', '0005_tiers_are_counted_by_month'),
        ('wallets', '0006_months_follow_the_accounts_zone'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SegmentTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateTimeField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(default='', max_length=150)),
                ('reason', models.TextField(default='')),
            ],
            options={
                'verbose_name_plural': 'segment terms',
            },
        ),
        migrations.CreateModel(
            name='HistoricalSegment',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.CharField(db_index=True, help_text='Lasts: programs name it.', max_length=128)),
                ('name', models.CharField(max_length=200)),
                ('notice_days', models.PositiveSmallIntegerField(default=0, help_text='Price changes take effect this many days after they are published, or later.')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical segment',
                'verbose_name_plural': 'historical segments',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('feature', models.CharField(help_text='A code, or a pattern that ends in *.', max_length=128)),
                ('dimensions', models.JSONField(blank=True, default=dict)),
                ('kind', models.CharField(choices=[('fixed', 'a fixed price'), ('multiplier', 'a multiple of the rate'), ('free', 'free of charge'), ('none', 'the rate again')], max_length=10)),
                ('tokens', config.kernel.fields.MoneyField(null=True)),
                ('per', config.kernel.fields.QuantityField(null=True)),
                ('factor', config.kernel.fields.MoneyField(null=True)),
                ('effective_from', models.DateTimeField()),
                ('effective_until', models.DateTimeField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(default='', max_length=150)),
                ('reason', models.TextField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='wallets.account')),
            ],
        ),
        migrations.CreateModel(
            name='PriceLock',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('effective_from', models.DateTimeField()),
                ('effective_until', models.DateTimeField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(default='', max_length=150)),
                ('reason', models.TextField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_locks', to='wallets.account')),
                ('table', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.ratetable')),
                ('version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.version')),
            ],
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Lasts: programs name it.', max_length=128, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('notice_days', models.PositiveSmallIntegerField(default=0, help_text='Price changes take effect this many days after they are published, or later.')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$')), name='segment_code_is_plain', violation_error_message='A code has up to 128 letters, digits and _ . : / - and begins with a letter, a digit or _.'), models.CheckConstraint(condition=models.Q(('notice_days__lte', 366)), name='segment_is_given_notice_of_a_year_at_most', violation_error_message='A notice period has 366 days at most.')],
            },
        ),
        migrations.AddField(
            model_name='terms',
            name='segment',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='usage.segment'),
        ),
        migrations.AddConstraint(
            model_name='terms',
            constraint=models.CheckConstraint(condition=models.Q(('table', None), ('segment', None), _connector='OR'), name='terms_name_a_table_or_a_segment', violation_error_message="An account pays by a table of its own or by its segment's."),
        ),
        migrations.AddField(
            model_name='segmentterms',
            name='segment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='usage.segment'),
        ),
        migrations.AddField(
            model_name='segmentterms',
            name='table',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.ratetable'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('factor', None), ('kind', 'fixed'), ('per__gt', 0), ('tokens__gte', 0)), models.Q(('factor__gte', 0), ('kind', 'multiplier'), ('per', None), ('tokens', None)), models.Q(('factor', None), ('kind__in', ['free', 'none']), ('per', None), ('tokens', None)), _connector='OR'), name='override_says_one_thing', violation_error_message='An override is a fixed price, a multiple, free, or its end.'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('feature__regex', '^([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}|([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\\*)$')), name='override_names_a_feature_or_a_pattern', violation_error_message="An override names a feature's code or a pattern that ends in *."),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__gte', models.F('recorded_at'))), name='override_changes_nothing_past', violation_error_message='An override holds from now or later.'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('effective_until', None), ('effective_until__gt', models.F('effective_from')), _connector='OR'), name='override_ends_after_it_starts', violation_error_message='An override ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='override_has_a_reason', violation_error_message='An override needs a reason.'),
        ),
        migrations.AddConstraint(
            model_name='pricelock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('effective_until', None), ('version', None)), models.Q(('effective_until__gt', models.F('effective_from')), ('version__isnull', False)), _connector='OR'), name='price_lock_ends', violation_error_message='A price lock has an end after its start.'),
        ),
        migrations.AddConstraint(
            model_name='pricelock',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__gte', models.F('recorded_at'))), name='price_lock_changes_nothing_past', violation_error_message='A price lock holds from now or later.'),
        ),
        migrations.AddConstraint(
            model_name='pricelock',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='price_lock_has_a_reason', violation_error_message='A price lock needs a reason.'),
        ),
        AccountScoped("usage_override"),
        AccountScoped("usage_pricelock"),
        Guarded("usage_override"),
        Guarded("usage_pricelock"),
        Guarded("usage_segmentterms"),
        SqlFile("usage", "usage_segment_table_v1", "d1a3625d0f27f604"),
    ]
