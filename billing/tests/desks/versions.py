"""A version as its desk shows it: where its pages are, and its grid as they send it."""

from __future__ import annotations

from pricing.models import Version


def page_of(version: Version) -> str:
    return f"/admin/pricing/version/{version.pk}/"


def cells(draft: Version, *rows: dict[str, str]) -> dict[str, str]:
    """A grid as the page sends it."""
    named = {f"rate-{place}-{name}": text for place, row in enumerate(rows) for name, text in row.items()}
    return {"revision": str(draft.revision), "reason": "Round prices", **named}
