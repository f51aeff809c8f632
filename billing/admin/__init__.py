from billing.admin.accounts import AccountDesk
from billing.admin.costs import CostRateDesk
from billing.admin.people import GroupDesk, PersonDesk
from billing.admin.rate_tables import RateTableDesk
from billing.admin.rehearsals import RehearsalDesk
from billing.admin.reviews import RefusalDesk, ReviewDesk, ReviewRuleDesk
from billing.admin.running import AuditRunDesk, RunDesk
from billing.admin.versions import VersionDesk

__all__ = [
    "AccountDesk",
    "AuditRunDesk",
    "CostRateDesk",
    "GroupDesk",
    "PersonDesk",
    "RateTableDesk",
    "RefusalDesk",
    "ReviewDesk",
    "ReviewRuleDesk",
    "RehearsalDesk",
    "RunDesk",
    "VersionDesk",
]
