import config.kernel.fields
from django.db import migrations, models

from config.kernel.sql import SqlFilesAnew


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0008_rehearsals_of_other_prices'),
    ]

    operations = [
        migrations.AddField(
            model_name='debitline',
            name='cost',
            field=config.kernel.fields.MoneyField(checked=False, null=True),
        ),
        migrations.AddField(
            model_name='debitline',
            name='cost_currency',
            field=models.CharField(max_length=3, null=True),
        ),
        SqlFilesAnew(
            "usage",
            "usage_order_v1",
            "usage_request_v1",
            "usage_assess_v1",
            "usage_debit_v1",
            "usage_write_v1",
            "usage_debit_one_v1",
            "usage_debit_batch_v1",
            "usage_quote_v1",
            "usage_counted_v1",
            "usage_count_v1",
            "usage_tiers_v1",
        ),
    ]
