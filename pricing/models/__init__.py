from pricing.models.epoch import Epoch
from pricing.models.feature import Feature
from pricing.models.product import Product
from pricing.models.rate import Rate
from pricing.models.rate_table import RateTable
from pricing.models.version import Version, VersionState

__all__ = ["Epoch", "Feature", "Product", "Rate", "RateTable", "Version", "VersionState"]
