from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0016_an_order_changes_money_and_moves_no_token")]

    operations = [
        migrations.RunSQL(
            "UPDATE billing_orderperiod SET agreed = amount",
            migrations.RunSQL.noop,
        ),
    ]
