"""Members of staff: the people of the API's owner."""

from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.authenticators import Authenticator
from accounts.models import User
from accounts.second_factor import enrolment_url, new_key
from audit.actors import Actor
from audit.writing import record_event, write


class NewStaff(NamedTuple):
    """A person and the otpauth address of their authenticator, which is shown once."""

    user: User
    otpauth_url: str


@write
def create_staff(email: str, password: str, *, issuer: str, actor: Actor, group: str = "") -> NewStaff:
    """A member of staff with the permissions of a group, or with all, a verified address and an authenticator. Raises
    ValidationError."""
    email = _checked_email(email)
    _check_password(password, email)
    user = User.objects.create_user(email, password, is_staff=True, is_superuser=not group)
    if group:
        user.groups.add(_group_named(group))
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    key = new_key()
    Authenticator.enrolled(user, key).save()
    record_event(actor, "staff.created", user, changes={"email": [None, email], "group": [None, group or "all"]})
    return NewStaff(user, enrolment_url(user, key, issuer))


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise ValidationError({"email": f"{email[:80]!r} is not an e-mail address."}) from None
    if EmailAddress.objects.filter(email__iexact=email, verified=True).exists():
        raise ValidationError({"email": f"{email} has an account already."})
    return email


def _group_named(name: str) -> Group:
    found = Group.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
        raise ValidationError({"group": f"There is no group {name[:80]!r}, but {known}."})
    return found


def _check_password(password: str, email: str) -> None:
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None
