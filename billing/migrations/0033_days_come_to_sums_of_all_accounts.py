"""A day of all accounts may come to more than one account can hold."""

from decimal import Decimal

from django.db import migrations

from config.kernel.fields import SumOfTokensField

SUMS = (
    *("debits", "entries", "given_back", "restored", "ordered", "granted"),
    *("overage", "invoiced", "repaid", "reversed"),
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0032_a_refund_names_lines_and_may_fail")]

    operations = [
        migrations.AlterField("reconciledsum", name, SumOfTokensField(default=Decimal(0))) for name in SUMS
    ]
