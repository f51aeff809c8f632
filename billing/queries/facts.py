"""All that news are made of, from the apps that own the facts."""

from __future__ import annotations

from billing.queries import top_up_facts
from billing.queries import trial_facts as trials
from pricing.queries import facts as pricing
from usage.queries import facts as usage
from wallets.queries import facts as wallets

FACTS = (*wallets.FACTS, *pricing.FACTS, *usage.FACTS, *trials.FACTS, *top_up_facts.FACTS)
