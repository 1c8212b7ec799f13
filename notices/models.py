"""The outbox of letters."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.public_ids import new_public_id
from contract.sealed import open_text
from contract.settings import settings

PURPOSE = b"portcullis letter"
"""What the key that seals letters is derived for."""


def _letter_id() -> str:
    return new_public_id("ltr")


class Letter(models.Model):
    """One e-mail. The text may hold a link that lets somebody in, so it is kept sealed, and only until it is sent."""

    public_id = models.CharField(max_length=32, unique=True, default=_letter_id, editable=False)
    kind = models.CharField(max_length=64)
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=254)
    sealed_body = models.TextField(blank=True)
    organisation = models.CharField(max_length=32, blank=True, db_index=True)
    state = models.CharField(
        max_length=16, default="waiting", choices=[(name, name) for name in ("waiting", "sent", "given up")]
    )
    tries = models.PositiveIntegerField(default=0)
    error = models.CharField("class of the last error", max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    next_try_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="letters_to_send")]

    def __str__(self) -> str:
        return self.kind

    @property
    def body(self) -> str:
        """The text; empty once it is sent or given up. Raises contract.sealed.SealBroken."""
        return open_text(self.sealed_body, settings().secret_bytes("storage_key"), PURPOSE)
