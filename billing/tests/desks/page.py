"""A page of the admin, who sees it and who may change something on it."""

from __future__ import annotations

from dataclasses import dataclass

# P Packaging, S Sales, M Sales management, F Finance, U Support, A Auditor
EVERYBODY = "PSMFUA"
NOBODY = ""


@dataclass(frozen=True)
class Page:
    """sees: who gets the page. changes: who finds a button that changes something."""

    address: str
    sees: str = EVERYBODY
    changes: str = NOBODY
