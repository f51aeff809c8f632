import config.kernel.fields
import config.kernel.identity
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from config.kernel.sql import AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0009_usage_may_carry_its_own_cost'),
        ('wallets', '0008_windows_of_an_account'),
    ]

    operations = [
        migrations.CreateModel(
            name='AllowanceWindow',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('pattern', models.CharField(max_length=128)),
                ('period', models.CharField(max_length=5)),
                ('window_start', models.DateField()),
                ('carried_in', config.kernel.fields.QuantityField()),
                ('carried_out', config.kernel.fields.QuantityField()),
                ('used', config.kernel.fields.QuantityField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
            ],
        ),
        migrations.CreateModel(
            name='AllowanceUse',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('position', models.SmallIntegerField()),
                ('units', config.kernel.fields.QuantityField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('debit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
                ('window', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.allowancewindow')),
            ],
        ),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(help_text='Lasts: refusals and notices name it.', max_length=64)),
                ('feature', models.CharField(default='*', max_length=128)),
                ('dimensions', models.JSONField(blank=True, default=dict)),
                ('subject', models.JSONField(blank=True, default=dict)),
                ('per', models.CharField(blank=True, default='', max_length=128)),
                ('period', models.CharField(choices=[('day', 'Day'), ('week', 'Week'), ('month', 'Month'), ('total', 'Total')], max_length=5)),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='budgets', to='wallets.account')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.tokenunit')),
            ],
        ),
        migrations.CreateModel(
            name='BudgetCount',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('value', models.CharField(max_length=128)),
                ('window_start', models.DateField()),
                ('spent', config.kernel.fields.TokensField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('budget', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='usage.budget')),
            ],
        ),
        migrations.CreateModel(
            name='BudgetLimit',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('tokens', config.kernel.fields.TokensField(blank=True, null=True)),
                ('is_hard', models.BooleanField()),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(blank=True, default='', max_length=150)),
                ('reason', models.TextField(blank=True, default='')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('budget', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='limits', to='usage.budget')),
            ],
        ),
        migrations.CreateModel(
            name='BudgetUse',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('lines', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
                ('tokens', config.kernel.fields.TokensField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('counter', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.budgetcount')),
                ('debit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Crossing',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=100)),
                ('once', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='crossings', to='wallets.account')),
                ('debit', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='crossings', to='usage.debit')),
            ],
        ),
        migrations.CreateModel(
            name='Allowance',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('pattern', models.CharField(help_text='A code, or a pattern that ends in *.', max_length=128)),
                ('units', config.kernel.fields.QuantityField(blank=True, null=True)),
                ('period', models.CharField(choices=[('day', 'Day'), ('week', 'Week'), ('month', 'Month'), ('year', 'Year'), ('total', 'Total')], max_length=5)),
                ('anchor', models.DateField(blank=True, null=True)),
                ('carries', config.kernel.fields.QuantityField(blank=True, null=True)),
                ('effective_from', models.DateTimeField()),
                ('effective_until', models.DateTimeField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(blank=True, default='', max_length=150)),
                ('reason', models.TextField(blank=True, default='')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allowances', to='wallets.account')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('units', None), ('units__gt', 0), _connector='OR'), name='allowance_is_of_something', violation_error_message='An allowance is of more than 0 units.'), models.CheckConstraint(condition=models.Q(('carries', None), ('carries__gte', 0), _connector='OR'), name='allowance_carries_nothing_negative', violation_error_message='What goes into the next window is zero or more.'), models.CheckConstraint(condition=models.Q(('pattern__regex', '^([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}|([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\\*)$')), name='allowance_names_a_feature_or_a_pattern', violation_error_message="An allowance names a feature's code or a pattern that ends in *."), models.CheckConstraint(condition=models.Q(('period__in', ['day', 'week', 'month', 'year', 'total'])), name='allowance_period_is_known'), models.CheckConstraint(condition=models.Q(('anchor', None), ('period__in', ['month', 'year']), _connector='OR'), name='allowance_of_a_month_or_a_year_has_an_anchor', violation_error_message='Only months and years begin on a day of their own.'), models.CheckConstraint(condition=models.Q(('effective_from__gte', models.F('recorded_at'))), name='allowance_changes_nothing_past', violation_error_message='An allowance holds from now or later.'), models.CheckConstraint(condition=models.Q(('effective_until', None), ('effective_until__gt', models.F('effective_from')), _connector='OR'), name='allowance_ends_after_it_starts', violation_error_message='An allowance ends after it starts.')],
            },
        ),
        migrations.AddConstraint(
            model_name='allowancewindow',
            constraint=models.UniqueConstraint(fields=('account', 'pattern', 'period', 'window_start'), name='allowance_has_a_window_once'),
        ),
        migrations.AddConstraint(
            model_name='allowancewindow',
            constraint=models.CheckConstraint(condition=models.Q(('carried_in__gte', 0), ('carried_out__gte', 0), ('used__gte', 0)), name='allowance_window_is_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='allowanceuse',
            constraint=models.CheckConstraint(condition=models.Q(('units__gt', 0)), name='allowance_use_is_of_something'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.UniqueConstraint(fields=('account', 'code'), name='budget_code_is_unique_within_its_account', violation_error_message='The account has a budget of this code already.'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,63}$')), name='budget_code_is_plain', violation_error_message='A code has up to 64 letters, digits and _ . : / -, the first no sign but _.'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(('feature__regex', '^([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}|([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\\*)$')), name='budget_names_a_feature_or_a_pattern', violation_error_message="A budget names a feature's code or a pattern that ends in *."),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(('period__in', ['day', 'week', 'month', 'total'])), name='budget_period_is_known'),
        ),
        migrations.AddConstraint(
            model_name='budgetcount',
            constraint=models.UniqueConstraint(fields=('account', 'budget', 'value', 'window_start'), name='budget_counts_a_window_once'),
        ),
        migrations.AddConstraint(
            model_name='budgetcount',
            constraint=models.CheckConstraint(condition=models.Q(('spent__gte', 0)), name='budget_spent_is_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='budgetlimit',
            constraint=models.CheckConstraint(condition=models.Q(('tokens', None), ('tokens__gte', 0), _connector='OR'), name='budget_is_not_negative', violation_error_message='A budget is zero or more.'),
        ),
        migrations.AddIndex(
            model_name='crossing',
            index=models.Index(fields=['account', '-recorded_at'], name='crossing_latest_first'),
        ),
        migrations.AddConstraint(
            model_name='crossing',
            constraint=models.UniqueConstraint(fields=('account', 'once'), name='crossing_is_noted_once'),
        ),
        AccountScoped("usage_budget"),
        AccountScoped("usage_budgetlimit"),
        AccountScoped("usage_budgetcount"),
        AccountScoped("usage_budgetuse"),
        AccountScoped("usage_allowance"),
        AccountScoped("usage_allowancewindow"),
        AccountScoped("usage_allowanceuse"),
        AccountScoped("usage_crossing"),
        Guarded("usage_budget"),
        Guarded("usage_budgetlimit"),
        Guarded("usage_budgetcount", may_update=True),
        Guarded("usage_budgetuse"),
        Guarded("usage_allowance"),
        Guarded("usage_allowancewindow", may_update=True),
        Guarded("usage_allowanceuse"),
        Guarded("usage_crossing"),
        SqlFile("usage", "usage_cross_v1", "b1a092dafcce66ca"),
        SqlFile("usage", "usage_roll_v1", "06ababf4d3cb2e1b"),
        SqlFile("usage", "usage_cover_v1", "fb9ab3caaabf93c7"),
        SqlFile("usage", "usage_budgets_v1", "865134fc8f133da1"),
        SqlFile("usage", "usage_over_budget_v1", "2275fb07dd7e7e59"),
        SqlFile("usage", "usage_apply_v1", "1eb4e7bf41076e39"),
        SqlFile("usage", "usage_unapply_v1", "39bdf282eac5ec05"),
    ]
