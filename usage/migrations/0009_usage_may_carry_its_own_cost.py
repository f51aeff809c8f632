import config.kernel.fields
from django.db import migrations, models


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
    ]
