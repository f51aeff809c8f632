"""Which kinds of outside systems there are: one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from billing.connectors.contract import Connector
from billing.connectors.generic import Generic
from billing.connectors.hubspot import HubSpot
from billing.connectors.salesforce import Salesforce
from billing.connectors.stripe import Stripe

_ALL: Sequence[Connector] = (Generic(), HubSpot(), Salesforce(), Stripe())
CONNECTORS: Mapping[str, Connector] = {each.kind: each for each in _ALL}
