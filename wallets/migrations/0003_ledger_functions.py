from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("wallets", "0002_rows_live_with_their_account")]

    operations = [
        SqlFile("wallets", "wallets_shapes_v1", "4dc5fe124d04a5bb"),
        SqlFile("wallets", "wallets_sums_v1", "99f32cc2fe517ff8"),
        SqlFile("wallets", "wallets_movement", "033e8a465dceaf69"),
        SqlFile("wallets", "wallets_account_lock_v1", "1e4d4b565a0ebf80"),
        SqlFile("wallets", "wallets_feature_matches_v1", "9be42e6e5f9d2cac"),
        SqlFile("wallets", "wallets_post_v1", "06b59473d60c6d53"),
        SqlFile("wallets", "wallets_new_floor_v1", "709e28e18764e047"),
        SqlFile("wallets", "wallets_wallet_open_v1", "2a46f4faaf5e2559"),
        SqlFile("wallets", "wallets_open_v1", "87b73487d8b9fcfd"),
        SqlFile("wallets", "wallets_floor_v1", "d9381f71133682a2"),
        SqlFile("wallets", "wallets_come_into_force_v1", "43c63234860aae5f"),
        SqlFile("wallets", "wallets_settle_v1", "dc97eac6b749e437"),
        SqlFile("wallets", "wallets_grant_v1", "f3fa1b0c4b46c5cd"),
        SqlFile("wallets", "wallets_void_v1", "6cdde6a614234317"),
        SqlFile("wallets", "wallets_expire_v1", "aa96648b6ae337d6"),
        SqlFile("wallets", "wallets_balance_v1", "d8d8a2d8d670484a"),
        SqlFile("wallets", "wallets_candidates_v1", "a382324dd606a9ac"),
        SqlFile("wallets", "wallets_funds_v1", "1382137fe53accd2"),
        SqlFile("wallets", "wallets_plan_v1", "3d1bce48143f6da4"),
        SqlFile("wallets", "wallets_draw_v1", "122d8322fe9930a2"),
        SqlFile("wallets", "wallets_restore_v1", "c760c74883496395"),
        SqlFile("wallets", "wallets_give_back_v1", "9019d0c0e04ad4c0"),
        SqlFile("wallets", "wallets_transfer_v1", "82933709f53e1e6f"),
    ]
