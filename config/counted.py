"""What processes have counted since they began, added up by Prometheus' own library for all of one house."""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector


def told() -> bytes:
    """All of it, in Prometheus' text format."""
    return generate_latest(_registry())


def serve(host: str, port: int) -> None:
    """Answer the same at an address of its own, from a thread, for a process that has no web server."""
    start_http_server(port, host, _registry())


def _registry() -> CollectorRegistry:
    """Of all processes that share PROMETHEUS_MULTIPROC_DIR; where it is not set, of this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
