"""Which kinds of outside systems there are: one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from billing.connectors.contract import Connector

_ALL: Sequence[Connector] = ()
CONNECTORS: Mapping[str, Connector] = {each.kind: each for each in _ALL}
