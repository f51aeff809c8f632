"""Write the digests of the SQL files into the migrations that install them: `python -m config.kernel.digests`.

For files that no tagged release contains. A released file is never edited; its change is a new version.
"""

import re
import sys
from pathlib import Path

from config.kernel.sql_text import digest_of

ROOT = Path(__file__).resolve().parents[2]
CALL = re.compile(r'SqlFile\(\s*"(?P<app>[\w.]+)",\s*"(?P<name>\w+)",\s*(?:digest=)?"(?P<digest>\w*)"')


def refresh(migration: Path) -> bool:
    """Bring one migration up to date; tells whether it changed."""
    before = migration.read_text()

    def current(call: re.Match[str]) -> str:
        path = ROOT / call["app"].replace(".", "/") / "sql" / f"{call['name']}.sql"
        start, end = call.span("digest")
        offset = call.start()
        return call[0][: start - offset] + digest_of(path.read_text()) + call[0][end - offset :]

    after = CALL.sub(current, before)
    if after != before:
        migration.write_text(after)
    return after != before


if __name__ == "__main__":
    for each in sorted(ROOT.glob("*/migrations/*.py")) + sorted(ROOT.glob("config/*/migrations/*.py")):
        if refresh(each):
            sys.stdout.write(f"refreshed {each.relative_to(ROOT)}\n")
