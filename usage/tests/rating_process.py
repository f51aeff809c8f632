"""A process of its own that rates usage events until none is left: `python -m usage.tests.rating_process`.

It says `ready` once it is at it.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from usage.services import rating

    rating.BATCHES_A_VISIT, rating.A_BATCH = 1, 20  # many transactions, to be killed between and within
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while rating.work(60):
        pass


if __name__ == "__main__":
    main()
