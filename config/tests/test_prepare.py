"""`manage.py prepare` tells whoever waits how far it has come."""

from __future__ import annotations

from io import StringIO

from django.core.management.base import OutputWrapper

from config.management.commands.prepare import Steps


class TestSteps:
    def test_tell_every_twentieth(self) -> None:
        said = StringIO()
        steps = Steps(45, OutputWrapper(said))

        steps.write("Running migrations:\n")
        for number in range(45):
            steps.write(f"  Applying wallets.{number:04}…")
            steps.write(" OK\n")

        assert said.getvalue() == "  20 of 45\n  40 of 45\n"
