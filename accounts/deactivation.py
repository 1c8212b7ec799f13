"""Shutting a person out, and letting them in again: nobody acts for them meanwhile, and nothing of theirs is lost."""

from django.core.exceptions import ValidationError

from accounts.models import SignIn, User
from accounts.records import member_name
from accounts.sign_ins import end
from audit.actors import Actor
from audit.writing import record_event, write


@write
def suspend_person(person: User, *, actor: Actor, reason: str = "") -> None:
    """They are signed out and cannot sign in, and every token that rests on a consent of theirs is refused. Keys that
    they made are their organisation's and go on, but where a condition asks for a role. Raises ValidationError."""
    _set_active(person, False, "person.suspended", actor, reason)
    end(SignIn.objects.filter(user=person), person, actor=actor)


@write
def restore_person(person: User, *, actor: Actor, reason: str = "") -> None:
    """They may sign in, and what they let act for them may do so again. Raises ValidationError for staff."""
    _set_active(person, True, "person.restored", actor, reason)


def _places(person: User) -> list[tuple[str, str]]:
    """Who is shut out has no role meanwhile, whatever their memberships say."""
    memberships = person.memberships.select_related("organisation")
    return [member_name(membership.organisation, person) for membership in memberships]


def _set_active(person: User, is_active: bool, action: str, actor: Actor, reason: str) -> None:
    locked = User.objects.select_for_update().get(pk=person.pk)
    if locked.is_staff:
        raise ValidationError("Staff are not suspended here: their place is the operator's to give and to take.")
    User.objects.filter(pk=person.pk).update(is_active=is_active)
    record_event(
        actor,
        action,
        person,
        changes={"active": [locked.is_active, is_active]},
        reason=reason,
        publishes=[("account", person.public_id), *_places(person)],
    )
    person.is_active = is_active
