"""Wrong codes of authenticator apps, counted by where they come from, so that a guesser holds up nobody but guessers.

Six digits must not be tried without end, by however many addresses: whoever knows the password and comes from anywhere
shares one count. The person's own browsers, and the networks that they signed in from before, have a count each.
"""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone
from django_otp import verify_token
from django_otp.models import Device

from accounts.authenticators import Authenticator
from accounts.devices import digest_of_mark, truncated

LONGEST_WAIT_SECONDS = 2048
"""Each wrong code doubles the wait for the next, up to here: 34 minutes, which leaves 42 guesses a day."""
_MOST_COUNTED = LONGEST_WAIT_SECONDS.bit_length()


class CodeTries(models.Model):
    """Wrong codes one after the other. `place` is a browser's digest, a network, or empty for all others together."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    place = models.CharField(max_length=64, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "place"], name="one_count_per_place")]

    def __str__(self) -> str:
        return f"{self.failures} wrong codes"

    def must_wait(self, now: datetime) -> bool:
        """Whether the next try comes too soon."""
        if not self.failures or self.failed_at is None:
            return False
        return now < self.failed_at + timedelta(seconds=2 ** (self.failures - 1))


def place_of(user: models.Model, mark: str, address: str) -> str:
    """Where a try is counted: the browser if they signed in with it before, else the network if they did from there."""
    before = user.sign_ins.all()  # type: ignore[attr-defined]
    device, network = digest_of_mark(mark), truncated(address)
    if device and before.filter(device=device).exists():
        return device
    return network if network and before.filter(network=network).exists() else ""


@transaction.atomic
def try_code(app: Authenticator, code: str, place: str) -> Device | None:
    """The app, if the code is its code now and was not used before. The row is locked meanwhile: many at once are
    counted one by one."""
    CodeTries.objects.get_or_create(user=app.user, place=place)
    tries = CodeTries.objects.select_for_update().get(user=app.user, place=place)
    now = timezone.now()
    if tries.must_wait(now):
        return None
    found: Device | None = verify_token(app.user, app.persistent_id, code)
    tries.failures = 0 if found else min(tries.failures + 1, _MOST_COUNTED)
    tries.failed_at = now
    tries.save(update_fields=["failures", "failed_at"])
    return found
