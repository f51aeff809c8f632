from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WiringConfig(AppConfig):
    """The wiring: commands, start-up checks, and who may do what, people and the app role, after each migration."""

    name = "config"
    label = "wiring"

    def ready(self) -> None:
        from config import checks, privileges, roles

        checks.register_all()
        post_migrate.connect(privileges.after_migrate, dispatch_uid="privileges-of-the-app-role")
        post_migrate.connect(roles.after_migrate, dispatch_uid="roles-of-people")
