import config.kernel.fields
import config.kernel.identity
import datetime
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0010_versions_are_found_by_their_publication'),
        ('usage', '0018_holds_of_priced_usage'),
        ('wallets', '0011_what_a_wallet_was_stocked_with'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=200)),
                ('per_minute', models.DecimalField(decimal_places=6, max_digits=24)),
                ('level', models.DecimalField(decimal_places=6, max_digits=48)),
                ('taken_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Grace',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('overdrawn_from', models.BigIntegerField()),
                ('purchases', models.BigIntegerField()),
                ('started_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('reached', config.kernel.fields.TokensField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(choices=[('term', 'Term'), ('amount', 'Amount'), ('zero', 'Zero')], default='', max_length=6)),
            ],
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('pk', models.CompositePrimaryKey('debit', 'account', blank=True, editable=False, primary_key=True, serialize=False)),
                ('floor', config.kernel.fields.TokensField(null=True)),
                ('figures', models.JSONField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('debit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='usage.debit')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PolicyStep',
            fields=[
                ('kind', models.CharField(choices=[('notify', 'Notify'), ('throttle', 'Throttle'), ('grace', 'Grace'), ('percent', 'Percent'), ('money', 'Money')], max_length=8)),
                ('share', models.SmallIntegerField(null=True)),
                ('measure', models.CharField(choices=[('calls', 'Calls'), ('tokens', 'Tokens')], default='', max_length=6)),
                ('amount', config.kernel.fields.MoneyField(null=True)),
                ('lasts', models.DurationField(null=True)),
                ('price', config.kernel.fields.MoneyField(null=True)),
                ('currency', models.CharField(default='', max_length=3)),
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SharedPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('block', 'Block'), ('overage', 'Overage'), ('none', 'as the policies that accounts share say')], max_length=10)),
                ('overage_limit', config.kernel.fields.TokensField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('set_by', models.CharField(default='', max_length=150)),
                ('reason', models.TextField(default='')),
            ],
            options={
                'verbose_name_plural': 'shared policies',
            },
        ),
        migrations.CreateModel(
            name='SharedPolicyStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('notify', 'Notify'), ('throttle', 'Throttle'), ('grace', 'Grace'), ('percent', 'Percent'), ('money', 'Money')], max_length=8)),
                ('share', models.SmallIntegerField(null=True)),
                ('measure', models.CharField(choices=[('calls', 'Calls'), ('tokens', 'Tokens')], default='', max_length=6)),
                ('amount', config.kernel.fields.MoneyField(null=True)),
                ('lasts', models.DurationField(null=True)),
                ('price', config.kernel.fields.MoneyField(null=True)),
                ('currency', models.CharField(default='', max_length=3)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='policy',
            name='policy_limit_fits_its_mode',
        ),
        migrations.AlterField(
            model_name='policy',
            name='mode',
            field=models.CharField(choices=[('block', 'Block'), ('overage', 'Overage'), ('none', 'as the policies that accounts share say')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mode__in', ['block', 'none']), ('overage_limit', 0)), models.Q(('mode', 'overage'), ('overage_limit', None)), models.Q(('mode', 'overage'), ('overage_limit__gte', 0)), _connector='OR'), name='policy_limit_fits_its_mode', violation_error_message='A block has no overage; an overage limit is zero or more.'),
        ),
        migrations.AddField(
            model_name='bucket',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='grace',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='graces', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='grace',
            name='debit',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='usage.debit'),
        ),
        migrations.AddField(
            model_name='grace',
            name='wallet',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.wallet'),
        ),
        migrations.AddField(
            model_name='policystep',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account'),
        ),
        migrations.AddField(
            model_name='policystep',
            name='policy',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='usage.policy'),
        ),
        migrations.AddField(
            model_name='sharedpolicy',
            name='feature',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.feature'),
        ),
        migrations.AddField(
            model_name='sharedpolicy',
            name='product',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.product'),
        ),
        migrations.AddField(
            model_name='sharedpolicy',
            name='table',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.ratetable'),
        ),
        migrations.AddField(
            model_name='sharedpolicystep',
            name='policy',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='usage.sharedpolicy'),
        ),
        migrations.AddConstraint(
            model_name='bucket',
            constraint=models.UniqueConstraint(fields=('account', 'code'), name='bucket_of_an_account_once'),
        ),
        migrations.AddConstraint(
            model_name='bucket',
            constraint=models.CheckConstraint(condition=models.Q(('level__lte', django.db.models.expressions.CombinedExpression(models.F('per_minute'), '*', models.Value(60000000)))), name='bucket_is_never_over_its_cap'),
        ),
        migrations.AddIndex(
            model_name='grace',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['ends_at'], name='grace_to_end'),
        ),
        migrations.AddConstraint(
            model_name='grace',
            constraint=models.UniqueConstraint(fields=('account', 'wallet', 'overdrawn_from'), name='grace_begins_once_an_overage'),
        ),
        migrations.AddConstraint(
            model_name='policystep',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('kind', 'notify'), ('share__gte', 1), ('share__lte', 100)), models.Q(('amount__gte', 1), ('kind', 'throttle'), ('measure', 'calls'), ('share__gte', 0), ('share__lte', 100)), models.Q(('amount__gt', 0), ('kind', 'throttle'), ('measure', 'tokens'), ('share__gte', 0), ('share__lte', 100)), models.Q(('amount', None), ('kind', 'grace'), ('lasts__gt', datetime.timedelta(0)), ('share', None)), models.Q(('amount__gt', 0), ('kind', 'grace'), ('lasts', None), ('share', None)), models.Q(('amount__gt', 0), ('kind', 'grace'), ('lasts__gt', datetime.timedelta(0)), ('share', None)), models.Q(('amount__gte', 0), ('kind', 'percent'), ('share', None)), models.Q(('amount__gte', 0), ('currency__regex', '^[A-Z]{3}$'), ('kind', 'money'), ('price__gt', 0), ('share', None)), _connector='OR'), name='policystep_fits_its_kind', violation_error_message='A step has what its kind needs.'),
        ),
        migrations.AddConstraint(
            model_name='sharedpolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mode__in', ['block', 'none']), ('overage_limit', 0)), models.Q(('mode', 'overage'), ('overage_limit', None)), models.Q(('mode', 'overage'), ('overage_limit__gte', 0)), _connector='OR'), name='shared_policy_limit_fits_its_mode'),
        ),
        migrations.AddConstraint(
            model_name='sharedpolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('feature', None), ('product', None)), models.Q(('feature', None), ('table', None)), models.Q(('product', None), ('table', None)), _connector='OR'), name='shared_policy_has_one_scope'),
        ),
        migrations.AddConstraint(
            model_name='sharedpolicystep',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('kind', 'notify'), ('share__gte', 1), ('share__lte', 100)), models.Q(('amount__gte', 1), ('kind', 'throttle'), ('measure', 'calls'), ('share__gte', 0), ('share__lte', 100)), models.Q(('amount__gt', 0), ('kind', 'throttle'), ('measure', 'tokens'), ('share__gte', 0), ('share__lte', 100)), models.Q(('amount', None), ('kind', 'grace'), ('lasts__gt', datetime.timedelta(0)), ('share', None)), models.Q(('amount__gt', 0), ('kind', 'grace'), ('lasts', None), ('share', None)), models.Q(('amount__gt', 0), ('kind', 'grace'), ('lasts__gt', datetime.timedelta(0)), ('share', None)), models.Q(('amount__gte', 0), ('kind', 'percent'), ('share', None)), models.Q(('amount__gte', 0), ('currency__regex', '^[A-Z]{3}$'), ('kind', 'money'), ('price__gt', 0), ('share', None)), _connector='OR'), name='sharedpolicystep_fits_its_kind', violation_error_message='A step has what its kind needs.'),
        ),
        migrations.AddField(
            model_name='holdrequest',
            name='ladder',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='holdrequest',
            name='judged',
            field=models.JSONField(null=True),
        ),
        AccountScoped("usage_bucket"),
        AccountScoped("usage_grace"),
        AccountScoped("usage_policystep"),
        AccountReference("usage_policystep", "policy_id", "usage_policy"),
        Guarded("usage_bucket", may_update=True),
        Guarded("usage_grace", may_update=True),
        Guarded("usage_judgement"),
        Guarded("usage_policystep"),
        Guarded("usage_sharedpolicy"),
        Guarded("usage_sharedpolicystep"),
        SqlFile("usage", "usage_graced_v1", "101d6e996d90d022"),
        SqlFile("usage", "usage_throttled_v1", "75cfedd9e96a5999"),
        SqlFile("usage", "usage_ladder_v1", "37ac52da2591b2f9"),
        SqlFile("usage", "usage_judged_v1", "2dc0e7c7228aa669"),
        SqlFile("usage", "usage_take_v1", "2a7b2f4f0c94fd2b"),
        SqlFile("usage", "usage_emptied_v1", "bbe429476e01a140"),
        SqlFile("usage", "usage_grace_over_v1", "f0fda228c694eab9"),
        SqlFile("usage", "usage_grace_v1", "cfb510520a2053b4"),
        SqlFile("usage", "usage_pass_v1", "d332115936a10a8f"),
        SqlFile("usage", "usage_observe_v1", "b6a6c70de1b609c2"),
        SqlFile("usage", "usage_grace_dated_v1", "ef9867dbe5be1c2e"),
        SqlFile("usage", "usage_grace_term_v1", "e24f4bcb5b5d3f99"),
        SqlFile("usage", "usage_share_policy_v1", "8b0fc4cd2c172fd0"),
    ]
