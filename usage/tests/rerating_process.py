"""A process of its own that works at a re-rating until nothing is left: `python -m usage.tests.rerating_process 7`.

It says `ready` once it is at it.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from usage.services import correcting

    correcting.A_SLICE = 10  # many transactions, to be killed between and within
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while correcting.work(int(sys.argv[1]), 60):
        pass


if __name__ == "__main__":
    main()
