"""Forgetting codes and tokens that ended by themselves, and that they were ever revoked."""

from datetime import timedelta

from django.utils import timezone

from audit.publishing import forget
from keys.models import AccessToken, AuthorizationCode, RefreshToken

KEPT = timedelta(days=1)
"""Longer than any clock is wrong."""


def forget_old_tokens() -> None:
    """For the schedule. Used refresh tokens stay as long as they could have been used: their replay is to be known."""
    edge = timezone.now() - KEPT
    AuthorizationCode.objects.filter(expires__lt=edge).delete()
    RefreshToken.objects.filter(expires_at__lt=edge).delete()
    old = AccessToken.objects.filter(expires__lt=edge)
    forget("token", old.filter(revoked_at__isnull=False).values_list("jti", flat=True))
    old.delete()
