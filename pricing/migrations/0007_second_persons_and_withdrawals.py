import django.db.models.deletion
import django.db.models.functions.datetime
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from config.kernel.sql import Guarded, SqlFile


class Migration(migrations.Migration):
    dependencies = [
        ("pricing", "0006_costs_are_dated_facts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("approved", "approved"), ("returned", "sent back")],
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(editable=False)),
                ("reason", models.TextField(blank=True, default="", editable=False)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalReviewRule",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("jump", "A price jumps by more than"),
                            ("margin", "A margin is under"),
                            ("sensitive", "Whatever changes"),
                        ],
                        max_length=9,
                        verbose_name="when",
                    ),
                ),
                (
                    "share",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        help_text="How far a price may jump, or how much margin must be left. Empty where whatever changes.",
                        max_digits=7,
                        null=True,
                        verbose_name="per cent",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical review rule",
                "verbose_name_plural": "historical review rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("edit", "Edit"),
                            ("import", "Import"),
                            ("throw away", "Discard"),
                            ("ask for approval", "Ask"),
                            ("decide", "Decide"),
                            ("publish", "Publish"),
                            ("undo", "Undo"),
                            ("withdraw", "Withdraw"),
                            ("revert", "Revert"),
                        ],
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False, null=True)),
                ("code", models.CharField(editable=False, max_length=40)),
                ("sentence", models.TextField(editable=False)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False)),
                ("revision", models.PositiveIntegerField(editable=False)),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("asked_at", models.DateTimeField(editable=False)),
                ("note", models.TextField(blank=True, default="", editable=False)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ReviewRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("jump", "A price jumps by more than"),
                            ("margin", "A margin is under"),
                            ("sensitive", "Whatever changes"),
                        ],
                        max_length=9,
                        verbose_name="when",
                    ),
                ),
                (
                    "share",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        help_text="How far a price may jump, or how much margin must be left. Empty where whatever changes.",
                        max_digits=7,
                        null=True,
                        verbose_name="per cent",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "ordering": ["table", "kind", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("withdrawn_at", models.DateTimeField()),
                ("reason", models.TextField(blank=True, default="")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="version",
            name="version_ends_after_it_starts",
        ),
        migrations.AddField(
            model_name="historicalversion",
            name="needs_review",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="version",
            name="needs_review",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="decision",
            name="asked_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="decided_by",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalreviewrule",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalreviewrule",
            name="table",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="None: all of them.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pricing.ratetable",
                verbose_name="rate table",
            ),
        ),
        migrations.AddField(
            model_name="refusal",
            name="table",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refusals",
                to="pricing.ratetable",
            ),
        ),
        migrations.AddField(
            model_name="refusal",
            name="user",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="asked_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="table",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reviews",
                to="pricing.ratetable",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="reviews",
                to="pricing.version",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="review",
            field=models.OneToOneField(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decision",
                to="pricing.review",
            ),
        ),
        migrations.AddField(
            model_name="historicalversion",
            name="review",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pricing.review",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="review",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="pricing.review",
            ),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effective_until", None),
                    ("effective_until__gte", models.F("effective_from")),
                    _connector="OR",
                ),
                name="version_never_ends_before_it_starts",
                violation_error_message="A version never ends before it starts.",
            ),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.CheckConstraint(
                condition=models.Q(("needs_review", False), ("review__isnull", False), _connector="OR"),
                name="version_that_needs_a_review_has_one",
                violation_error_message="A rule asks for a second person, and nobody has approved this content.",
            ),
        ),
        migrations.AddField(
            model_name="reviewrule",
            name="table",
            field=models.ForeignKey(
                blank=True,
                help_text="None: all of them.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="review_rules",
                to="pricing.ratetable",
                verbose_name="rate table",
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="version",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="withdrawal", to="pricing.version"
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="withdrawn_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("asked_by", None),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="decision_is_by_somebody_else",
                violation_error_message="Who asks for approval does not decide: a second person does.",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["approved", "returned"])),
                name="decision_is_approved_or_returned",
                violation_error_message="A review is approved or sent back.",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verdict", "approved"), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="decision_to_send_back_says_why",
                violation_error_message="Say why it is sent back.",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "jump"), ("share__gte", 0), ("share__isnull", False), ("share__lte", 1000)
                    ),
                    models.Q(
                        ("kind", "margin"),
                        ("share__gt", -1000),
                        ("share__isnull", False),
                        ("share__lte", 100),
                    ),
                    models.Q(("kind", "sensitive"), ("share", None)),
                    _connector="OR",
                ),
                name="review_rule_says_how_much",
                violation_error_message="A jump is over 0 to 1000 per cent, a margin under 100 per cent at most, and a rule for whatever changes has no share.",
            ),
        ),
        SqlFile("pricing", "pricing_content_v1", "25cff6d68abc630f"),
        SqlFile("pricing", "pricing_approval_v1", "0675a2d954830556"),
        SqlFile("pricing", "pricing_restores_v1", "807fbd37d799d30a"),
        SqlFile("pricing", "pricing_review_guard_v1", "139d67045a215b8c"),
        SqlFile("pricing", "pricing_decision_guard_v1", "14bfe828e9996664"),
        SqlFile("pricing", "pricing_withdraw_v1", "37bcedf51ccf3410"),
        Guarded("pricing_review"),
        Guarded("pricing_decision"),
        Guarded("pricing_withdrawal"),
        Guarded("pricing_refusal"),
        Guarded("pricing_reviewrule", may_update=True),
        Guarded("pricing_historicalversion"),
        Guarded("pricing_historicalrate"),
    ]
