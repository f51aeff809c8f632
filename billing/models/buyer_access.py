from django.db import models
from django.db.models import F, Q

from billing.models.contact import Contact
from wallets.models import Account


class AccessLink(models.Model):
    """A link by which whoever holds it looks at an account, without a name. The secret in it is kept as its hash.

    made_for: what for, without a person's name. revoked_at: it opens nothing since.
    """

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    digest = models.BinaryField(unique=True)
    made_by = models.CharField(max_length=150)
    made_for = models.TextField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, default="", blank=True)
    revoked_for = models.TextField(default="", blank=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="access_link_lasts_for_a_while"
            ),
            models.CheckConstraint(condition=~Q(made_for=""), name="access_link_says_what_for"),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class SignInAsked(models.Model):
    """Somebody gave an address to sign in with, known or not; or a contact is to be invited. A mail is due.

    address: in small letters. client: the hash of where it came from. invites: whom an invitation goes to.
    Rows are forgotten after a day.
    """

    address = models.EmailField()
    client = models.BinaryField(default=bytes)
    invites = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    next_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["address", "asked_at"], name="sign_in_asked_for_address"),
            models.Index(fields=["client", "asked_at"], name="sign_in_asked_from_client"),
            models.Index(fields=["next_at"], condition=Q(handled_at=None), name="sign_in_asked_is_due"),
        ]

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class SignInToken(models.Model):
    """A secret that was mailed to a contact and opens a session once. Kept as its hash."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.pk}"


class BuyerSession(models.Model):
    """A browser that a contact signed in with, or that a link opened. What its cookie carries is kept as a hash."""

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="sessions")
    link = models.ForeignKey(AccessLink, null=True, on_delete=models.CASCADE, related_name="sessions")
    digest = models.BinaryField(unique=True)
    began_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(contact=None, link__isnull=False) | Q(contact__isnull=False, link=None),
                name="buyer_session_is_of_a_contact_or_a_link",
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"
