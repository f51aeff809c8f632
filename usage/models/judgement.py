from django.db import models

from config.kernel.fields import TokensField
from config.kernel.readonly import MovedBySql
from usage.models.debit import Debit
from wallets.models import Account


class Judgement(MovedBySql):
    """By which policies a debit was judged where these have steps or are shared. Written once by `usage/sql`.

    floor: that its entries store. figures: the policies, what was available and gone, the grace, each bucket before and
    what was taken of it; amounts as text.
    """

    pk = models.CompositePrimaryKey("debit", "account")
    debit = models.ForeignKey(
        Debit, on_delete=models.PROTECT, related_name="judgements", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    floor = TokensField(null=True)
    figures = models.JSONField()

    def __str__(self) -> str:
        return f"judgement of {self.debit_id}"
