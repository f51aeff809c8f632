import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0011_seats_and_the_peak'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeySighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network', models.CharField(max_length=43)),
                ('day', models.DateField()),
                ('api_key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sightings', to='usage.apikey')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('api_key', 'day', 'network'), name='network_of_a_key_is_noted_once')],
            },
        ),
    ]
