import config.kernel.fields
import config.kernel.identity
import django.db.models.deletion
import django.db.models.expressions
from decimal import Decimal
from django.db import migrations, models

from config.kernel.sql import AccountReference, AccountScoped, Guarded, SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0009_expiries_are_found_by_their_time'),
    ]

    operations = [
        migrations.RenameField(
            model_name='wallet',
            old_name='next_start_at',
            new_name='next_due_at',
        ),
        migrations.AddField(
            model_name='wallet',
            name='overage_held',
            field=config.kernel.fields.TokensField(checked=False, default=Decimal('0')),
        ),
        migrations.AlterField(
            model_name='entry',
            name='cause_kind',
            field=models.CharField(choices=[('grant', 'Grant'), ('debit', 'Debit'), ('reversal', 'Reversal'), ('transfer', 'Transfer'), ('void', 'Void'), ('expiry', 'Expiry'), ('hold', 'Hold')], max_length=10),
        ),
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('grant', 'Grant'), ('transfer_in', 'Transfer In'), ('transfer_out', 'Transfer Out'), ('draw', 'Draw'), ('late_draw', 'Late Draw'), ('late_hold', 'Late Hold'), ('overage', 'Overage'), ('repay', 'Repay'), ('expire', 'Expire'), ('void', 'Void'), ('restore', 'Restore'), ('overage_reversal', 'Overage Reversal')], max_length=16),
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('held', 'Held'), ('captured', 'Captured'), ('released', 'Released'), ('expired', 'Expired')], default='held', max_length=8)),
                ('tokens', config.kernel.fields.TokensField()),
                ('held', config.kernel.fields.TokensField()),
                ('overage', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('overage_held', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('expires_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='wallets.account')),
                ('wallet', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='wallets.wallet')),
            ],
        ),
        migrations.CreateModel(
            name='HoldEntry',
            fields=[
                ('id', models.UUIDField(db_default=config.kernel.identity.Uuid7(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('made', 'Made'), ('captured', 'Captured'), ('released', 'Released'), ('expired', 'Expired'), ('extended', 'Extended')], max_length=8)),
                ('tokens', config.kernel.fields.TokensField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('cause_id', models.UUIDField()),
                ('after_number', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('grant', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.grant')),
                ('hold', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='wallets.hold')),
                ('wallet', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.wallet')),
            ],
            options={
                'verbose_name_plural': 'hold entries',
            },
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('pk', models.CompositePrimaryKey('hold', 'account', 'grant', blank=True, editable=False, primary_key=True, serialize=False)),
                ('position', models.SmallIntegerField()),
                ('tokens', config.kernel.fields.TokensField()),
                ('held', config.kernel.fields.TokensField()),
                ('captured', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('released', config.kernel.fields.TokensField(default=Decimal('0'))),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.account')),
                ('grant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='wallets.grant')),
                ('hold', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='wallets.hold')),
            ],
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['account', 'wallet', 'expires_at'], name='hold_open_ones'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['expires_at'], name='hold_to_expire'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['account', 'wallet', 'created_at'], name='hold_of_a_wallet'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'held')), models.Q(('ended_at__isnull', False), ('held', 0), ('overage_held', 0), ('state__in', ['captured', 'released', 'expired'])), _connector='OR'), name='hold_keeps_nothing_once_it_ended', violation_error_message='A hold that has ended keeps nothing.'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0), ('held__lte', models.F('tokens')), ('overage_held__gte', 0), ('overage_held__lte', models.F('overage'))), name='hold_keeps_no_more_than_was_pinned', violation_error_message='A hold keeps no more than it pinned.'),
        ),
        migrations.AddIndex(
            model_name='holdentry',
            index=models.Index(fields=['hold', 'id'], name='hold_entry_of_a_hold'),
        ),
        migrations.AddIndex(
            model_name='holdentry',
            index=models.Index(fields=['wallet', 'recorded_at'], name='hold_entry_by_its_time'),
        ),
        migrations.AddConstraint(
            model_name='holdentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expires_at__isnull', False), ('grant', None), ('kind__in', ['made', 'extended'])), models.Q(('expires_at', None), ('grant__isnull', False), ('kind', 'made')), models.Q(('expires_at', None), ('kind__in', ['captured', 'released', 'expired'])), _connector='OR'), name='hold_entry_tells_the_end_once', violation_error_message='The making and the extension of a hold tell its end, and nothing else does.'),
        ),
        migrations.AddConstraint(
            model_name='holdentry',
            constraint=models.CheckConstraint(condition=models.Q(('tokens__gt', 0), models.Q(('grant', None), ('kind__in', ['made', 'extended', 'expired']), ('tokens', 0)), _connector='OR'), name='hold_entry_changes_something', violation_error_message='What is held changes by a positive number of tokens.'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(condition=models.Q(('held__gt', 0)), fields=['grant'], name='pin_of_a_grant'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.CheckConstraint(condition=models.Q(('tokens', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('released')), '+', models.F('held'))), ('captured__gte', 0), ('held__gte', 0), ('released__gte', 0), ('tokens__gt', 0)), name='pin_is_all_accounted_for', violation_error_message='What a hold pinned was captured, released, or is still held.'),
        ),
        AccountScoped("wallets_hold"),
        AccountScoped("wallets_holdentry"),
        AccountReference("wallets_hold", "wallet_id", "wallets_wallet"),
        AccountReference("wallets_pin", "hold_id", "wallets_hold"),
        AccountReference("wallets_pin", "grant_id", "wallets_grant"),
        AccountReference("wallets_holdentry", "hold_id", "wallets_hold"),
        AccountReference("wallets_holdentry", "grant_id", "wallets_grant"),
        Guarded("wallets_hold", may_update=True),
        Guarded("wallets_pin", may_update=True),
        Guarded("wallets_holdentry"),
        SqlFile("wallets", "wallets_hold_guard_v1", "449147298dfa7e65"),
        SqlFile("wallets", "wallets_next_due_v1", "e66c362e552ae5da"),
        SqlFile("wallets", "wallets_hold_state_v1", "615ae8075c2c75f9"),
        SqlFile("wallets", "wallets_open_holds_v1", "bf198c02d43e4a40"),
        SqlFile("wallets", "wallets_hold_note_v1", "f104c59a07a57a4e"),
        SqlFile("wallets", "wallets_unpin_v1", "4451bca4890feb11"),
        SqlFile("wallets", "wallets_hold_make_v1", "61e3b60ba403aaba"),
        SqlFile("wallets", "wallets_hold_draw_v1", "f32ec1c7897ec883"),
        SqlFile("wallets", "wallets_hold_end_v1", "9bb6d9ab4ff4f8d3"),
        SqlFile("wallets", "wallets_hold_settle_v1", "8959cdf9588dd1bf"),
        SqlFile("wallets", "wallets_hold_funds_v1", "00e391572c49e3cd"),
        SqlFile("wallets", "wallets_hold_extend_v1", "cec97edd3664f09c"),
    ]
