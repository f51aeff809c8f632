"""How far back facts are read each time."""

OVERLAP_MINUTES = 15
"""Longer than a transaction of the app role may last (`config/privileges.py`): so a fact is found whose transaction
ended after a younger one's, and what is older and has no news was missed."""
