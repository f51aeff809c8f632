"""What every connector is held to. A test of one subclasses the parts that it does, each with its stand-in.

`docs/how-to/write-a-connector.md` tells how; `sample.py` and `test_sample.py` are the shortest that pass.
"""

from billing.tests.connectors.held import IMPATIENT, NOW, PATIENT, PRIVATE, Contract
from billing.tests.connectors.held_inbound import Reads, Verifies
from billing.tests.connectors.held_outbound import Checks, Pulls, Renews, Sends
from billing.tests.connectors.held_sold import Sells

__all__ = [
    "IMPATIENT",
    "NOW",
    "PATIENT",
    "PRIVATE",
    "Checks",
    "Contract",
    "Pulls",
    "Reads",
    "Renews",
    "Sells",
    "Sends",
    "Verifies",
]
