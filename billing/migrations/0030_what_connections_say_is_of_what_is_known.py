"""Choices of connections and of the inbox are held by the database; what stands there is looked at by the next one."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):

    dependencies = [("billing", "0029_bodies_are_kept_for_a_while")]

    operations = [
        AddConstraintNotValid(
            "fieldrule",
            models.CheckConstraint(condition=Q(direction__in=["in", "out"]), name="field_is_filled_in_or_out"),
        ),
        AddConstraintNotValid(
            "link",
            models.CheckConstraint(
                condition=Q(state="merged") & ~Q(merged_into="") & ~Q(merged_into=F("external_id"))
                | Q(state__in=["linked", "gone"], merged_into=""),
                name="link_is_merged_into_another",
            ),
        ),
        AddConstraintNotValid(
            "link",
            models.CheckConstraint(
                condition=~Q(kind="customer", state="linked", about=None), name="linked_customer_has_its_account"
            ),
        ),
        AddConstraintNotValid(
            "received",
            models.CheckConstraint(condition=Q(way__in=["call", "pull", "file", "ask"]), name="record_came_in_a_known_way"),
        ),
        AddConstraintNotValid(
            "exchangetally",
            models.CheckConstraint(condition=Q(outcome__in=["ok", "failed"]), name="exchange_went_well_or_failed"),
        ),
        AddConstraintNotValid(
            "inboxnote",
            models.CheckConstraint(
                condition=Q(verb__in=["raised", "acknowledged", "snoozed", "taken", "resolved"]),
                name="inbox_note_verb_is_known",
            ),
        ),
    ]
