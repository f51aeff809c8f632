from django.db import migrations, models

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        SqlFile("config.kernel", "kernel_refuse_change_v1", "2775906726a3d280"),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job", models.CharField(editable=False, max_length=80)),
                (
                    "period",
                    models.CharField(
                        editable=False, help_text="The period's start, in UTC, as text.", max_length=40
                    ),
                ),
                ("started_at", models.DateTimeField(editable=False)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("detail", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "indexes": [models.Index(fields=["-started_at"], name="run_newest_first")],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "period"), name="run_happens_once_a_period")
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField(editable=False)),
                ("finished_at", models.DateTimeField(editable=False)),
                ("is_clean", models.BooleanField(editable=False)),
                ("findings", models.JSONField(default=list, editable=False)),
                ("counts", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "ordering": ["-started_at"],
                "indexes": [models.Index(fields=["-started_at"], name="audit_newest_first")],
            },
        ),
    ]
