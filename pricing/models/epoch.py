from __future__ import annotations

from django.db import models

from config.kernel.readonly import MovedBySql
from pricing.models.rate_table import RateTable


class Epoch(MovedBySql):
    """How often the prices of a table have changed. A debit priced under another epoch than this is priced again."""

    table = models.OneToOneField(RateTable, primary_key=True, on_delete=models.PROTECT, related_name="epoch")
    epoch = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.table_id}: {self.epoch}"
