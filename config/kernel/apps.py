from django.apps import AppConfig


class KernelConfig(AppConfig):
    """What every app below the wiring may lean on: amounts, refusals, periods, SQL installation."""

    name = "config.kernel"
    label = "kernel"
    verbose_name = "House"
    default_auto_field = "django.db.models.BigAutoField"
