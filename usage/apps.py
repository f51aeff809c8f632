from django.apps import AppConfig


class UsageConfig(AppConfig):
    """API keys, terms and policies, debits and what they are read by."""

    name = "usage"
    verbose_name = "Usage"
    default_auto_field = "django.db.models.BigAutoField"
