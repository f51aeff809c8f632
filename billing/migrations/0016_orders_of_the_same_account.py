from django.db import migrations

from config.kernel.sql import AccountReference


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_quotations_and_promotions")]

    operations = [
        AccountReference("billing_topup", "order_id", "billing_order"),
        AccountReference("billing_quotationanswer", "order_id", "billing_order"),
    ]
