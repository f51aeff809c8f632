"""The HTTP API, version 1: views that read what was asked, call one service or query, and show its answer."""
