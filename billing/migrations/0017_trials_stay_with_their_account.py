from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0016_orders_of_the_same_account"),
        ("wallets", "0017_grants_that_stay_with_their_account"),
    ]

    operations = [
        # What was issued before stays with its account from now on.
        migrations.RunSQL(
            "SELECT wallets_bind_v1(customer_id, grant_id) FROM billing_trial ORDER BY customer_id, grant_id",
            migrations.RunSQL.noop,
        ),
    ]
