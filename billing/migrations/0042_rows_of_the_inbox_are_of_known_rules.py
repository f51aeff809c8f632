from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0041_usage_beyond_the_policy_has_a_row'),
    ]

    operations = [
        ValidateConstraint(model_name='inboxitem', name='inbox_row_is_about_something'),
    ]
