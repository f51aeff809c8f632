"""A process that rolls usage up without pause, by small slices, in a child: `python -m usage.tests.rolling_process`.

Where the child is killed there is soon another; one in four begins the roll-ups anew. It ends with whoever began it.
"""

from __future__ import annotations

import os
import random

A_SLICE, ANEW = 7, 0.25


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from usage.services import rolling

    beginner, ours = os.getppid(), os.getpid()
    while os.getppid() == beginner:
        child = os.fork()
        if not child:
            random.seed()
            if random.random() < ANEW:
                rolling.begin_anew()
            while os.getppid() == ours:
                rolling.roll(1, A_SLICE)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
