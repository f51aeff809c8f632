"""What stood there before the constraints is looked at, while others write."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0030_what_connections_say_is_of_what_is_known")]

    operations = [
        ValidateConstraint("fieldrule", "field_is_filled_in_or_out"),
        ValidateConstraint("link", "link_is_merged_into_another"),
        ValidateConstraint("link", "linked_customer_has_its_account"),
        ValidateConstraint("received", "record_came_in_a_known_way"),
        ValidateConstraint("exchangetally", "exchange_went_well_or_failed"),
        ValidateConstraint("inboxnote", "inbox_note_verb_is_known"),
    ]
