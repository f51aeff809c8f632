from django.db import migrations

from config.kernel.sql import AccountReference


class Migration(migrations.Migration):
    dependencies = [("billing", "0018_accounts_of_fees_and_overage")]

    operations = [
        AccountReference("billing_topup", "order_id", "billing_order"),
        AccountReference("billing_quotationanswer", "order_id", "billing_order"),
        AccountReference("billing_grantrevenue", "repricing_id", "billing_grantrepricing"),
    ]
