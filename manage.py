#!/usr/bin/env python
"""The door for commands: `manage.py up` runs the product, `manage.py help` lists the rest."""

import os
import sys
from contextlib import nullcontext

AS_OWNER = {"migrate", "makemigrations", "sqlmigrate", "squashmigrations", "prepare"}
WITHOUT_SERVICES = {
    "",
    "help",
    "version",
    "check",
    "makemigrations",
    "sqlmigrate",
    "squashmigrations",
    "diffsettings",
}
BESIDE_THE_WEB = {"replay"}
BEFORE_THE_WEB = {"demo"}


def main() -> int:
    """Run one command with the services it needs and answer its exit status."""
    from config.embedded.children import CannotStart
    from config.embedded.during import services_at_hand
    from config.embedded.supervisor import SUPERVISED
    from config.embedded.up import is_open
    from config.embedded.up import main as up

    words = sys.argv[1:]
    command = "" if not words or words[0].startswith("-") or "--help" in words else words[0]
    if command == "up":
        return up()
    if command in BESIDE_THE_WEB and not is_open():
        return up(then=words)
    if command in BEFORE_THE_WEB and not os.environ.get(SUPERVISED):
        return up(then=words, is_serving=False)
    if command in AS_OWNER:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with nullcontext() if command in WITHOUT_SERVICES else services_at_hand():
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except CannotStart as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
