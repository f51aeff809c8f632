from django.db import migrations

from config.kernel.sql import AccountReference, AccountScoped, Guarded


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_keys_terms_and_debits"), ("kernel", "0001_runs_and_history")]

    operations = [
        AccountScoped("usage_debit"),
        AccountScoped("usage_reversal"),
        AccountScoped("usage_denial"),
        AccountScoped("usage_terms"),
        AccountScoped("usage_policy"),
        AccountReference("usage_reversal", "debit_id", "usage_debit"),
        AccountReference("usage_reversalline", "reversal_id", "usage_reversal"),
        Guarded("usage_debit"),
        Guarded("usage_debitline"),
        Guarded("usage_reversal"),
        Guarded("usage_reversalline"),
        Guarded("usage_claim"),
        Guarded("usage_terms"),
        Guarded("usage_defaultterms"),
        Guarded("usage_policy"),
        Guarded("usage_denial", may_update=True),
    ]
