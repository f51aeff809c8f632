from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0002_rows_live_with_their_account"),
        ("wallets", "0003_ledger_functions"),
        ("pricing", "0003_charging_and_publishing"),
    ]

    operations = [
        SqlFile("usage", "usage_order_v1", "ce4c48d80395a8a8"),
        SqlFile("usage", "usage_request_v1", "a26437904214bc12"),
        SqlFile("usage", "usage_deny_v1", "788d78494910f4f2"),
        SqlFile("usage", "usage_facts_v1", "7e385192ea0d6e77"),
        SqlFile("usage", "usage_assess_v1", "c694936ae424fcae"),
        SqlFile("usage", "usage_debit_v1", "c7059de6a996f470"),
        SqlFile("usage", "usage_write_v1", "628d5ba187e29f79"),
        SqlFile("usage", "usage_debit_one_v1", "0fa5a9b753f98dd2"),
        SqlFile("usage", "usage_debit_batch_v1", "a08c2dba45e6c8ad"),
        SqlFile("usage", "usage_quote_v1", "83a1b28b46abb332"),
        SqlFile("usage", "usage_known_v1", "28389a061bd79449"),
        SqlFile("usage", "usage_terms_changed_v1", "905a71dadbaf17ae"),
        SqlFile("usage", "usage_reverse_lines_v1", "dd5b3860098a9cb9"),
        SqlFile("usage", "usage_reverse_v1", "07cc258e1e3b182a"),
    ]
