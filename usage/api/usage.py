"""Usage: what was used, by whom and when, added up."""

from django.http import HttpRequest, HttpResponse

from config.http import cursors
from config.http.views import answer
from usage.api import operations_of_usage as operations
from usage.api.caller import KeyedView
from usage.queries import usage_shown
from usage.queries.usage_shown import UsageAsked


class Usage(KeyedView):
    operations = {"GET": operations.USAGE}

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = self.parameters(operations.USAGE)
        question = UsageAsked(
            asked.account,
            asked.token,
            asked.since,
            asked.until,
            asked.group_by,
            asked.by,
            asked.tz or "UTC",
        )
        filters: dict[str, str | None] = {
            "from": asked.since.isoformat() if asked.since else None,
            "to": asked.until.isoformat() if asked.until else None,
            "account": asked.account,
            "token": asked.token,
            "tz": asked.tz,
            "group_by": asked.group_by or None,
            "by": asked.by,
        }
        listed = cursors.Listing(request, limit=asked.limit, cursor=asked.cursor, **filters)
        begun = usage_shown.place(question, listed.after)
        found = usage_shown.usage(question, begun, limit=listed.most)
        return answer(listed.page(found.shown, position=lambda _: found.places[listed.most - 2]))
