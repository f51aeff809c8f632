from django.db import models

from usage.models.api_key import ApiKey


class KeySighting(models.Model):
    """A network from which an API key was used on a day (UTC). Noted once, and never changed.

    network: the /24 of an address of version 4, the /48 of one of version 6; no address is kept.
    """

    api_key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="sightings", db_index=False)
    network = models.CharField(max_length=43)
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_key", "day", "network"], name="network_of_a_key_is_noted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.network} on {self.day}"
