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
        SqlFile("usage", "usage_deny_v1", "788d78494910f4f2"),
        SqlFile("usage", "usage_assess_v1", "74f89c562f55546a"),
        SqlFile("usage", "usage_debit_v1", "8f1507d928cb9719"),
        SqlFile("usage", "usage_debit_one_v1", "da2cf816cfa907f9"),
        SqlFile("usage", "usage_debit_batch_v1", "31989f7f1b60935a"),
        SqlFile("usage", "usage_quote_v1", "bf807be13c34741e"),
        SqlFile("usage", "usage_known_v1", "28389a061bd79449"),
        SqlFile("usage", "usage_terms_changed_v1", "905a71dadbaf17ae"),
        SqlFile("usage", "usage_reverse_lines_v1", "dd5b3860098a9cb9"),
        SqlFile("usage", "usage_reverse_v1", "ec3e3556650e613d"),
    ]
