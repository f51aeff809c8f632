"""`manage.py prepare`: bring the database to this release, as the owner; safe to run again."""

import os
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from config import privileges
from usage.services import partitions

FIRST_ADMIN = "admin"


class Steps:
    """Reads what `migrate` writes, and tells whoever waits how far it has come, every so many steps."""

    every = 20

    def __init__(self, total: int, told: OutputWrapper) -> None:
        self.total, self.told, self.done = total, told, 0

    def write(self, text: str) -> None:
        self.done += text.count(" OK")
        if " OK" in text and self.done % self.every == 0:
            self.told.write(f"  {self.done} of {self.total}")
            self.told.flush()

    def flush(self) -> None:
        """Nothing is kept back."""


class Command(BaseCommand):
    help = "Migrate, apply the app role's rights and make the first admin, each where it is wanting."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        self._reach_the_database()
        self.check(databases=["default"])
        self._migrate()
        partitions.make_ahead()
        self._make_the_first_admin()

    def _reach_the_database(self) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as fault:
            raise CommandError(f"The database does not answer: {str(fault).splitlines()[0]}") from fault

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        wanting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if wanting:
            self.stdout.write(f"Migrating the database ({len(wanting)} steps) …")
            self.stdout.flush()
            call_command("migrate", skip_checks=True, stdout=Steps(len(wanting), self.stdout), no_color=True)
        else:
            privileges.apply()

    def _make_the_first_admin(self) -> None:
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            return
        given = os.environ.get("ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        users.objects.create_superuser(FIRST_ADMIN, password=password)
        told = "the password you gave" if given else f"the password {password} (it is shown this once)"
        self.stdout.write(f"Sign in as {FIRST_ADMIN} with {told}.")
