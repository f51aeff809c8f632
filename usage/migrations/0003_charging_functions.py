from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0002_rows_live_with_their_account"),
        ("wallets", "0011_what_a_wallet_was_stocked_with"),
        ("pricing", "0003_charging_and_publishing"),
    ]

    operations = [
        SqlFile("usage", "usage_rules_v1", "27a38977368b6fa5"),
        SqlFile("usage", "usage_order_v1", "74ac63ac9e880d05"),
        SqlFile("usage", "usage_request_v1", "a26437904214bc12"),
        SqlFile("usage", "usage_deny_v1", "788d78494910f4f2"),
        SqlFile("usage", "usage_facts_v1", "80c65a3d7a84636c"),
        SqlFile("usage", "usage_assess_v1", "36b4bfa26574d0d8"),
        SqlFile("usage", "usage_debit_v1", "9a5e123b526a9992"),
        SqlFile("usage", "usage_write_v1", "265be70a065336e2"),
        SqlFile("usage", "usage_debit_one_v1", "6bccfc6b14f611dc"),
        SqlFile("usage", "usage_debit_batch_v1", "fec8b07af45e92a5"),
        SqlFile("usage", "usage_quote_v1", "856db65088197fb1"),
        SqlFile("usage", "usage_known_v1", "28389a061bd79449"),
        SqlFile("usage", "usage_terms_changed_v1", "905a71dadbaf17ae"),
        SqlFile("usage", "usage_reverse_lines_v1", "dd5b3860098a9cb9"),
        SqlFile("usage", "usage_reverse_v1", "2f7c4b420c61498b"),
    ]
