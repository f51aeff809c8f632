from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0042_rows_of_the_inbox_are_of_known_rules'),
    ]

    operations = [
        migrations.AlterField(
            model_name='inboxitem',
            name='rule',
            field=models.CharField(choices=[('threshold', 'Threshold reached'), ('beyond', 'Beyond the policy'), ('burn', 'Burn spike or drop'), ('margin', 'Negative margin'), ('expiry', 'Paid tokens expire'), ('sync', 'Failed sync'), ('books', "Books don't balance"), ('gap', 'Reconciliation gap')], max_length=9),
        ),
    ]
