from django.db import models
from django.db.models import Q

from config.kernel.fields import TokensField
from config.kernel.readonly import MovedBySql
from pricing.models import Feature, Product, RateTable
from usage.models.ladder_step import LadderStep
from usage.models.policy import LIMIT_FITS_ITS_MODE, PolicyMode, spelt


class SharedPolicy(MovedBySql):
    """What holds for all accounts without a policy of their own: of one feature, product or rate table, or of all.

    A dated fact: never changed; the latest of a scope holds, from the moment it was recorded. Of those that concern an
    item the nearest rules: feature, product, rate table, deployment. Mode `none` ends what was before it.
    Written by `usage_share_policy_v1` alone.
    """

    Mode = PolicyMode

    feature = models.ForeignKey(Feature, null=True, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+")
    table = models.ForeignKey(RateTable, null=True, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=PolicyMode.choices)
    overage_limit = TokensField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")

    class Meta:
        verbose_name_plural = "shared policies"
        constraints = [
            models.CheckConstraint(condition=LIMIT_FITS_ITS_MODE, name="shared_policy_limit_fits_its_mode"),
            models.CheckConstraint(
                condition=Q(feature=None, product=None)
                | Q(feature=None, table=None)
                | Q(product=None, table=None),
                name="shared_policy_has_one_scope",
            ),
        ]

    def __str__(self) -> str:
        return spelt(self.mode, self.overage_limit and self.overage_limit.normalize())


class SharedPolicyStep(LadderStep, MovedBySql):
    """A step of a shared policy."""

    policy = models.ForeignKey(SharedPolicy, on_delete=models.PROTECT, related_name="steps")

    class Meta(LadderStep.Meta):
        pass
