"""What people let clients do for them: given on the consent page, withdrawn at any time."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import NotVisible
from accounts.models import User
from analytics.calls import last_call_for_person_at
from audit.actors import Actor
from audit.writing import record_event, write
from keys.events import record_act
from keys.models import Consent, Credential


@write
def give_consent(
    user: User, credential: Credential, *, scopes: Iterable[str], apis: Iterable[str], actor: Actor
) -> Consent:
    """Let a client act for a person; what they allowed before stays. Raises Conflict where two are given at once."""
    standing = Consent.objects.select_for_update().filter(user=user, credential=credential, withdrawn_at=None)
    consent = standing.first() or Consent(user=user, credential=credential)
    before = [consent.scopes, consent.apis]
    consent.scopes = sorted({*consent.scopes, *scopes})
    consent.apis = sorted({*consent.apis, *apis})
    consent.save()
    changes = {"scopes": [before[0], consent.scopes], "apis": [before[1], consent.apis]}
    _record(consent, "consent.given", changes, actor)
    return consent


@write
def withdraw_consent(consent: Consent, *, actor: Actor, reason: str = "") -> None:
    """Take it back: tokens that rest on it are refused from now on. Doing so twice changes nothing but is recorded."""
    Consent.objects.filter(pk=consent.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
    consent.refresh_from_db(fields=["withdrawn_at"])
    _record(consent, "consent.withdrawn", {"scopes": [consent.scopes, None]}, actor, reason)


@write
def narrow_consent(consent: Consent, taken: Iterable[str], *, actor: Actor) -> None:
    """Take scopes of it back: calls that need one are refused from now on. Raises ValidationError where it has none of
    them, or would have none left: that is withdrawing."""
    locked = Consent.objects.select_for_update().get(pk=consent.pk)
    gone = set(taken)
    left = [scope for scope in locked.scopes if scope not in gone]
    if not locked.is_active or left == locked.scopes:
        raise ValidationError("There is nothing of that to take away any more.")
    if not left:
        raise ValidationError("Nothing would be left: withdraw it instead.")
    Consent.objects.filter(pk=consent.pk).update(scopes=left)
    consent.scopes = left
    _record(consent, "consent.narrowed", {"scopes": [locked.scopes, left]}, actor)


@write
def withdraw_consents(credential: Credential, *, actor: Actor, reason: str = "") -> int:
    """Take back everybody's consent to a client; answers how many."""
    standing = list(Consent.objects.filter(credential=credential, withdrawn_at=None).select_related("user"))
    for consent in standing:
        withdraw_consent(consent, actor=actor, reason=reason)
    record_act(credential, "consents_withdrawn", {"consents": [len(standing), 0]}, actor, reason)
    return len(standing)


def _record(consent: Consent, action: str, changes: dict[str, list[object]], actor: Actor, reason: str = "") -> None:
    """Without the person's name on the organisation's side: the client's owner is told that somebody did."""
    record_event(
        actor,
        action,
        consent,
        changes={"client": [None, consent.credential.public_id], **changes},
        reason=reason,
        publishes=[("consent", consent.public_id), ("account", consent.user.public_id)],
        object_label=consent.credential.name,
    )


def active_consent(user: User, credential: Credential) -> Consent | None:
    """What the person lets the client do now."""
    return Consent.objects.filter(user=user, credential=credential, withdrawn_at=None).first()


def consents_of(user: User) -> QuerySet[Consent]:
    """What stands of a person's consents, with client, application and organisation, the newest first. `last_used_at`
    is when the client last called for the person. One query."""
    return _told(user).filter(withdrawn_at=None).order_by("-granted_at")


def access_consent(user: User, public_id: str) -> Consent:
    """A consent of the person's own, withdrawn or not. Raises NotVisible for others' and unknown ones."""
    consent = _told(user).filter(public_id=public_id).first()
    if consent is None:
        raise NotVisible(public_id)
    return consent


def _told(user: User) -> QuerySet[Consent]:
    rows = Consent.objects.filter(user=user)
    called = last_call_for_person_at("credential__public_id", "user__public_id")
    told = rows.select_related("credential__application__organisation", "credential__client")
    return told.annotate(last_used_at=called)
