import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import config.kernel.fields
from config.kernel.sql import Guarded

COMPONENT = "^([a-z0-9][a-z0-9_.]{0,63}(:[a-z0-9_]{1,32})?(>[1-9][0-9]{0,17})?)?$"


def component_of_a_feature():
    return models.CharField(
        blank=True,
        default="",
        help_text="Which cost of a model one quantity is: input, output, cached_input, input:batch, input>200000.",
        max_length=128,
    )


class Migration(migrations.Migration):
    dependencies = [("pricing", "0005_tiers_and_formulas"), ("kernel", "0001_runs_and_history")]

    operations = [
        migrations.CreateModel(
            name="CostImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file", models.CharField(max_length=255)),
                ("digest", models.CharField(max_length=64)),
                ("is_partial", models.BooleanField(default=False)),
                ("model_count", models.PositiveIntegerField()),
                ("line_count", models.PositiveIntegerField()),
                ("effective_from", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("set_by", models.CharField(blank=True, default="", max_length=150)),
                ("reason", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(digest__regex="^[0-9a-f]{64}$"),
                        name="cost_import_knows_its_file",
                        violation_error_message="An import carries the digest of its file.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CostRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(help_text="Who sells it to us.", max_length=128)),
                (
                    "model",
                    models.CharField(help_text="As the dimension `model` of usage names it.", max_length=256),
                ),
                (
                    "component",
                    models.CharField(help_text="What is counted: input, output, cached_input.", max_length=64),
                ),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Of service, such as batch; empty is the standard one.",
                        max_length=32,
                    ),
                ),
                (
                    "above",
                    models.BigIntegerField(default=0, help_text="Holds for calls beyond so many tokens."),
                ),
                ("cost", config.kernel.fields.CostField(help_text="Of one unit.", null=True)),
                ("currency", models.CharField(max_length=3)),
                ("deprecated_on", models.DateField(blank=True, null=True)),
                ("effective_from", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(choices=[("import", "Import"), ("manual", "Manual")], max_length=6),
                ),
                ("set_by", models.CharField(blank=True, default="", max_length=150)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "imported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="costs",
                        to="pricing.costimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "cost",
                "ordering": ["model", "component", "tier", "above", "-effective_from", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["model", "component", "tier", "above", "source", "-effective_from", "-id"],
                        name="cost_of_a_model_latest_first",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=~Q(model="") & ~Q(provider=""),
                        name="cost_is_of_a_model_of_a_provider",
                        violation_error_message="A cost names a model and who sells it.",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            component__regex="^[a-z0-9][a-z0-9_.]{0,63}$", tier__regex="^[a-z0-9_]{0,32}$"
                        ),
                        name="cost_is_of_a_component",
                        violation_error_message="Component and tier are words of small letters, digits and _.",
                    ),
                    models.CheckConstraint(
                        condition=Q(above__gte=0, above__lt=10**18),
                        name="cost_threshold_is_not_negative",
                        violation_error_message="A threshold is zero or more.",
                    ),
                    models.CheckConstraint(
                        condition=Q(cost=None) | Q(cost__gte=0),
                        name="cost_is_not_negative",
                        violation_error_message="A cost is zero or more.",
                    ),
                    models.CheckConstraint(
                        condition=Q(currency__regex="^[A-Z]{3}$"),
                        name="cost_is_in_a_currency",
                        violation_error_message="A currency is three capital letters, such as USD.",
                    ),
                    models.CheckConstraint(
                        condition=Q(source="import", imported_by__isnull=False)
                        | (Q(source="manual", imported_by=None) & ~Q(reason="")),
                        name="cost_has_an_import_or_a_reason",
                        violation_error_message="An imported cost names its import, a manual one its reason.",
                    ),
                ],
            },
        ),
        Guarded("pricing_costimport"),
        Guarded("pricing_costrate"),
        migrations.AddField(
            model_name="feature", name="cost_component", field=component_of_a_feature()
        ),
        migrations.AddField(
            model_name="historicalfeature", name="cost_component", field=component_of_a_feature()
        ),
        migrations.AddConstraint(
            model_name="feature",
            constraint=models.CheckConstraint(
                condition=Q(cost_component__regex=COMPONENT),
                name="feature_cost_component_is_plain",
                violation_error_message="A cost component is written as input, input:batch, input>200000 or input:batch>200000.",
            ),
        ),
    ]
