from pricing.models.cost_import import CostImport
from pricing.models.cost_rate import CostRate
from pricing.models.epoch import Epoch
from pricing.models.feature import Feature
from pricing.models.product import Product
from pricing.models.rate import Rate
from pricing.models.rate_table import RateTable
from pricing.models.refusal import Refusal
from pricing.models.review import Decision, Review
from pricing.models.review_rule import ReviewRule
from pricing.models.version import Version, VersionState
from pricing.models.withdrawal import Withdrawal

__all__ = [
    "CostImport",
    "CostRate",
    "Decision",
    "Epoch",
    "Feature",
    "Product",
    "Rate",
    "RateTable",
    "Refusal",
    "Review",
    "ReviewRule",
    "Version",
    "VersionState",
    "Withdrawal",
]
