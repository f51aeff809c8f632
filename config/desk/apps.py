from django.apps import AppConfig


class DeskConfig(AppConfig):
    """What all desks share: base classes, templates, one stylesheet. It has no model and no rule."""

    name = "config.desk"
    label = "desk"
