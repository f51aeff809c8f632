#!/usr/bin/env python
"""The door for commands: `manage.py <command>`; see `manage.py help`."""

import os
import sys

OWNERS_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "squashmigrations", "prepare"}


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in OWNERS_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
