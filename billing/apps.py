from django.apps import AppConfig


class BillingConfig(AppConfig):
    """What was sold, and the desks that show all the rest."""

    name = "billing"
    verbose_name = "Billing"
