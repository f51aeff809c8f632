"""A rate file, and the command that takes it."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

PRICES = """\
product,feature,name,unit,tokens,per,dimension.model,minimum,rounding,cost,cost_currency
assistant,chat.input,Chat input,token,2.5,1000000,,0.01,half_up,0.0000015,USD
assistant,chat.input,Chat input,token,5,1000000,large,0.01,half_even,,
assistant,chat.*,Other chat,token,9,1,,,up,,
"""


def ratetable(*words: object) -> tuple[str, str]:
    """Run the command; answers what it printed, and what it printed beside."""
    out, warnings = StringIO(), StringIO()
    call_command("ratetable", *map(str, words), stdout=out, stderr=warnings, no_color=True)
    return out.getvalue(), warnings.getvalue()
