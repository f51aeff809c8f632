"""The web server alone: `python -m config.web`, where PostgreSQL and Redis are given and nobody supervises."""

from __future__ import annotations

import os
import sys

from config.embedded.children import CannotStart
from config.embedded.up import Door


def main() -> int:
    """Become the web server. Answers only where it can't be one."""
    try:
        words = Door.from_environment().programs["web"]
    except CannotStart as fault:
        print(fault, file=sys.stderr)
        return 1
    return os.execv(sys.executable, [sys.executable, "-m", *words])


if __name__ == "__main__":
    sys.exit(main())
