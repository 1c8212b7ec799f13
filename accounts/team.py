"""The writes on who belongs to an organisation and as what. An organisation always has an owner."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import Membership, Organisation, Role, User
from accounts.records import member_name
from audit.actors import Actor
from audit.writing import Conflict, changed_fields, record_event, write


class LastOwner(ValidationError):
    """Without this owner the organisation would have none."""

    def __init__(self) -> None:
        super().__init__("This is the only owner. Make somebody else an owner first.")


@write
def set_role(organisation: Organisation, user: User, role: Role, *, actor: Actor) -> None:
    """Give a member another role. Raises LastOwner, and Conflict where the person is no member any more."""
    _lock(organisation)
    before = _role_of(organisation, user)
    if role != Role.OWNER:
        _keep_an_owner(organisation, user)
    Membership.objects.filter(organisation=organisation, user=user).update(role=role)
    _record(actor, "member.role_changed", organisation, user, {"role": [before, role.value]})


@write
def remove_member(organisation: Organisation, user: User, *, actor: Actor) -> None:
    """End a membership: the person's own leaving, or their removal. Raises LastOwner, Conflict."""
    _lock(organisation)
    before = _role_of(organisation, user)
    _keep_an_owner(organisation, user)
    Membership.objects.filter(organisation=organisation, user=user).delete()
    action = "member.left" if actor.id == user.public_id else "member.removed"
    _record(actor, action, organisation, user, {"role": [before, None]})


@write
def transfer_ownership(organisation: Organisation, owner: User, to: User, *, actor: Actor) -> None:
    """`to` becomes an owner and `owner` a developer, both or neither. Raises Conflict where one has left."""
    _lock(organisation)
    if owner == to or _role_of(organisation, owner) != Role.OWNER:
        raise Conflict
    _role_of(organisation, to)
    Membership.objects.filter(organisation=organisation, user=to).update(role=Role.OWNER)
    Membership.objects.filter(organisation=organisation, user=owner).update(role=Role.DEVELOPER)
    changes = {"owner": [owner.public_id, to.public_id]}
    _record(actor, "ownership.transferred", organisation, to, changes, also=[owner])


@write
def require_second_factor(organisation: Organisation, required: bool, *, actor: Actor) -> None:
    """Whether members must have a second factor before they get to anything of the organisation."""
    changes = changed_fields(organisation, {"requires_second_factor": required})
    organisation.save(update_fields=["requires_second_factor"])
    record_event(
        actor, "organisation.second_factor", organisation, organisation=organisation.public_id, changes=changes
    )


def _lock(organisation: Organisation) -> None:
    """Two owners who leave at the same moment queue here."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)


def _role_of(organisation: Organisation, user: User) -> str:
    membership = Membership.objects.filter(organisation=organisation, user=user).first()
    if membership is None:
        raise Conflict(f"{user} is no member of {organisation} any more.")
    return str(membership.role)


def _keep_an_owner(organisation: Organisation, user: User) -> None:
    owners = Membership.objects.filter(organisation=organisation, role=Role.OWNER)
    if owners.filter(user=user).exists() and not owners.exclude(user=user).exists():
        raise LastOwner


def _record(
    actor: Actor,
    action: str,
    organisation: Organisation,
    user: User,
    changes: dict[str, Any],
    also: Iterable[User] = (),
) -> None:
    """`also`: others whose place has changed."""
    record_event(
        actor,
        action,
        organisation,
        organisation=organisation.public_id,
        changes={"member": [None, user.public_id], **changes},
        publishes=[member_name(organisation, each) for each in (user, *also)],
    )
