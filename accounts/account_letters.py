"""Letters about changes of how somebody signs in: whoever made them, the owner of the account learns of it."""

from django.utils import timezone

from accounts.models import User
from notices.mail import post


def tell_owner(user: User, what: str, *former: str) -> None:
    """Within a write: `what` happened, to every confirmed address of the person, and to `former` ones, which were
    theirs until now."""
    own = user.emailaddress_set.filter(verified=True).values_list("email", flat=True)
    when = f"{timezone.now():%d %b %Y, %H:%M} UTC"
    for address in sorted({*own, *former}):
        post("account_changed", address, {"what": what, "when": when})
