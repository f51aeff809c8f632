"""What an account burns a day is the forecast of its page, reckoned when it is told and kept nowhere else."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0037_advice_and_weekly_digests'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='figurelook',
            name='burn_is_of_a_day',
        ),
        migrations.RemoveField(
            model_name='figurelook',
            name='burn_a_day',
        ),
        migrations.RemoveField(
            model_name='figurelook',
            name='burn_on',
        ),
    ]
