from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("wallets", "0002_rows_live_with_their_account")]

    operations = [
        SqlFile("wallets", "wallets_shapes_v1", "1ff754aef6b4ee2d"),
        SqlFile("wallets", "wallets_sums_v1", "a839945c6c805896"),
        SqlFile("wallets", "wallets_movement", "cea5c1322346e2d5"),
        SqlFile("wallets", "wallets_account_lock_v1", "1e4d4b565a0ebf80"),
        SqlFile("wallets", "wallets_feature_matches_v1", "9be42e6e5f9d2cac"),
        SqlFile("wallets", "wallets_post_v1", "864dc31ba2b002d7"),
        SqlFile("wallets", "wallets_new_floor_v1", "709e28e18764e047"),
        SqlFile("wallets", "wallets_wallet_open_v1", "c0bd5a75eb47941e"),
        SqlFile("wallets", "wallets_open_v1", "87b73487d8b9fcfd"),
        SqlFile("wallets", "wallets_floor_v1", "d9381f71133682a2"),
        SqlFile("wallets", "wallets_come_into_force_v1", "89d349d1072e40a8"),
        SqlFile("wallets", "wallets_settle_v1", "c6b54762ccb19557"),
        SqlFile("wallets", "wallets_grant_v1", "e7514e737ceb8bc0"),
        SqlFile("wallets", "wallets_void_v1", "6cdde6a614234317"),
        SqlFile("wallets", "wallets_expire_v1", "aa96648b6ae337d6"),
        SqlFile("wallets", "wallets_balance_v1", "d8d8a2d8d670484a"),
        SqlFile("wallets", "wallets_candidates_v1", "a382324dd606a9ac"),
        SqlFile("wallets", "wallets_funds_v1", "e788cecf9d45445d"),
        SqlFile("wallets", "wallets_plan_v1", "3d1bce48143f6da4"),
        SqlFile("wallets", "wallets_draw_v1", "befa86d4aae269a5"),
        SqlFile("wallets", "wallets_restore_v1", "ce981f959ac7c8e8"),
        SqlFile("wallets", "wallets_give_back_v1", "14d765c480b7efb6"),
        SqlFile("wallets", "wallets_transfer_v1", "ef64a9c3d69159d5"),
    ]
