"""What callers are told about usage."""

from usage.api.answered import Answered


class Usage(Answered):
    """Sums by group. An item has its keys under the names of the groups, and beside them `quantity`, `tokens`, `cost`
    (amounts as texts), `calls` and `refused`.
    """

    items: list[dict[str, str | int | None]]
    next: str | None
