from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0015_what_an_account_may_use'),
    ]

    operations = [
        migrations.AddField(
            model_name='allowancewindow',
            name='turned_at',
            field=models.DateTimeField(null=True),
        ),
    ]
