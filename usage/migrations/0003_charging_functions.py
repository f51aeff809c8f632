from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0002_rows_live_with_their_account"),
        ("wallets", "0003_ledger_functions"),
        ("pricing", "0003_charging_and_publishing"),
    ]

    operations = [
        SqlFile("usage", "usage_request_v1", "821fefb89af35e4a"),
        SqlFile("usage", "usage_deny_v1", "0c18a1a7c2e56c26"),
        SqlFile("usage", "usage_assess_v1", "6e3db1d8ab0a5ee8"),
        SqlFile("usage", "usage_debit_v1", "b6f32ee5e0ac9707"),
        SqlFile("usage", "usage_debit_one_v1", "eb0ad17cffc8fcbf"),
        SqlFile("usage", "usage_debit_batch_v1", "45696509f50a69e0"),
        SqlFile("usage", "usage_quote_v1", "0d5b8d01cd5cdb30"),
        SqlFile("usage", "usage_known_v1", "545f61e405ce8655"),
        SqlFile("usage", "usage_terms_changed_v1", "c9cfd4820bc2e552"),
        SqlFile("usage", "usage_reverse_lines_v1", "dd5b3860098a9cb9"),
        SqlFile("usage", "usage_reverse_v1", "fd7e17c5dadcae2e"),
    ]
