"""The writes on people, organisations and applications."""

from collections.abc import Iterable

from accounts.models import Application, Membership, Organisation, Role, User
from accounts.origins import checked_origins
from accounts.records import member_name
from audit.actors import Actor
from audit.writing import changed_fields, record_event, write


@write
def create_organisation(name: str, owner: User, *, actor: Actor) -> Organisation:
    """An organisation with its first owner."""
    organisation = Organisation.objects.create(name=name)
    Membership.objects.create(organisation=organisation, user=owner, role=Role.OWNER)
    record_event(
        actor,
        "organisation.created",
        organisation,
        organisation=organisation.public_id,
        changes={"name": [None, name], "owner": [None, owner.public_id]},
        publishes=[("organisation", organisation.public_id), member_name(organisation, owner)],
    )
    return organisation


@write
def set_organisation_status(organisation: Organisation, status: str, *, actor: Actor, reason: str = "") -> None:
    """Suspend an organisation or let it go on: one record, and every key of it follows."""
    before = Organisation.objects.select_for_update().get(pk=organisation.pk).status
    Organisation.objects.filter(pk=organisation.pk).update(status=status)
    record_event(
        actor,
        f"organisation.{status}",
        organisation,
        organisation=organisation.public_id,
        changes={"status": [before, status]},
        reason=reason,
        publishes=[("organisation", organisation.public_id)],
    )
    organisation.status = status


@write
def rename_organisation(organisation: Organisation, name: str, *, actor: Actor) -> None:
    """Give an organisation another name."""
    changes = changed_fields(organisation, {"name": name})
    organisation.save(update_fields=["name"])
    record_event(actor, "organisation.renamed", organisation, organisation=organisation.public_id, changes=changes)


@write
def add_member(organisation: Organisation, user: User, role: Role, *, actor: Actor) -> Membership:
    """Put a person into an organisation, or give a member another role."""
    membership, _ = Membership.objects.update_or_create(organisation=organisation, user=user, defaults={"role": role})
    record_event(
        actor,
        "member.set",
        organisation,
        organisation=organisation.public_id,
        changes={"member": [None, user.public_id], "role": [None, role.value]},
        publishes=[member_name(organisation, user)],
    )
    return membership


@write
def create_application(organisation: Organisation, name: str, *, actor: Actor) -> Application:
    """An application without subscriptions and keys."""
    application = Application.objects.create(organisation=organisation, name=name)
    record_event(
        actor,
        "application.created",
        application,
        organisation=organisation.public_id,
        changes={"name": [None, name]},
        publishes=[("application", application.public_id)],
    )
    return application


@write
def rename_application(application: Application, name: str, *, actor: Actor) -> None:
    """Give an application another name."""
    changes = changed_fields(application, {"name": name})
    application.save(update_fields=["name"])
    record_event(
        actor,
        "application.renamed",
        application,
        organisation=application.organisation.public_id,
        changes=changes,
        publishes=[("application", application.public_id)],
    )


@write
def set_application_origins(application: Application, origins: Iterable[str], *, actor: Actor) -> None:
    """Name the web pages that alone may read its answers; none leaves that to each API. Raises ValidationError."""
    changes = changed_fields(application, {"cors_origins": checked_origins(origins)})
    application.save(update_fields=["cors_origins"])
    record_event(
        actor,
        "application.origins_set",
        application,
        organisation=application.organisation.public_id,
        changes=changes,
        publishes=[("application", application.public_id)],
    )


@write
def remove_application(application: Application, *, actor: Actor, reason: str = "") -> None:
    """Withdraw an application: its keys answer 401 from now on. The row stays for the log."""
    Application.objects.filter(pk=application.pk).update(status="removed")
    record_event(
        actor,
        "application.removed",
        application,
        organisation=application.organisation.public_id,
        changes={"status": ["active", "removed"]},
        reason=reason,
        publishes=[("application", application.public_id)],
    )
