from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pricing', '0007_second_persons_and_withdrawals'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalrate',
            name='heartbeat',
            field=models.CharField(blank=True, help_text='How long a seat lasts without a sign of life.', max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='historicalrate',
            name='interval',
            field=models.CharField(blank=True, help_text='How long one charge of a seat lasts, such as PT1H.', max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='historicalrate',
            name='once_per_user',
            field=models.CharField(blank=True, help_text='A time in which one user is charged once.', max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='historicalrate',
            name='refund_unused',
            field=models.CharField(blank=True, help_text='What is given back of an interval: none or prorata.', max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='rate',
            name='heartbeat',
            field=models.CharField(blank=True, help_text='How long a seat lasts without a sign of life.', max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='rate',
            name='interval',
            field=models.CharField(blank=True, help_text='How long one charge of a seat lasts, such as PT1H.', max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='rate',
            name='once_per_user',
            field=models.CharField(blank=True, help_text='A time in which one user is charged once.', max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='rate',
            name='refund_unused',
            field=models.CharField(blank=True, help_text='What is given back of an interval: none or prorata.', max_length=32, null=True),
        ),
        migrations.AddConstraint(
            model_name='rate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('interval', None), ('interval__regex', '^P(?=.)([0-9]{1,4}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,8}S)?)?$'), _connector='OR'), models.Q(('heartbeat', None), ('heartbeat__regex', '^P(?=.)([0-9]{1,4}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,8}S)?)?$'), _connector='OR'), models.Q(('once_per_user', None), ('once_per_user__regex', '^P(?=.)([0-9]{1,4}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,8}S)?)?$'), _connector='OR'), models.Q(('refund_unused', None), ('refund_unused__in', ['none', 'prorata']), _connector='OR')), name='rate_of_seats_is_in_form', violation_error_message='Seats go by durations such as PT1H, and give back none or prorata.'),
        ),
    ]
