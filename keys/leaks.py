"""Leak reports: a secret that was found in public. Receiving writes a row for each, whoever's it is; handling looks it
up, quarantines or revokes its key as the plans say, and tells its owners.

Receiving does the same work for known and unknown secrets, so that its answer says nothing about them. A secret counts
once: whoever reports it again changes nothing.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils import timezone

from audit.actors import SYSTEM, Actor
from audit.writing import Conflict, record_event, write
from catalog.models import Operation
from contract.key_format import digest_key, is_secret
from contract.settings import settings
from keys.events import record_act
from keys.leak_tokens import kept_kind, kept_url
from keys.models import Credential, Kind, LeakReport, Secret, SecretState, Status
from keys.secret_states import is_retiring, next_state
from keys.telling import tell_of_leak
from keys.writes import revoke_key
from plans.coverage import active_subscriptions

BATCH_REPORTS = 100
_SAFE_METHODS = ("GET", "HEAD")


class Found(NamedTuple):
    """A token as it was reported, what kind the reporter takes it for, and where it was found."""

    token: str
    kind: str = ""
    url: str = ""


def receive(found: Iterable[Found], *, actor: Actor) -> list[str]:
    """Note what was found, and return the digests of those that look like ours. What does not is dropped."""
    reports = {_digest(one.token): one for one in found if is_secret(one.token)}
    if reports:
        _note(reports, actor=actor)
    return list(reports)


def _digest(token: str) -> str:
    return digest_key(token, settings().secret_bytes("key_pepper"))


@write
def _note(reports: dict[str, Found], *, actor: Actor) -> None:
    rows = [
        LeakReport(
            digest=digest,
            kind=kept_kind(one.kind),
            url=kept_url(one.url),
            reporter=actor.kept[:254],
        )
        for digest, one in reports.items()
    ]
    LeakReport.objects.bulk_create(rows, ignore_conflicts=True)
    record_event(actor, "leak.reported", rows[0], changes={"secrets": [None, len(rows)]})


def handle_waiting() -> int:
    """Handle what was received, a batch at most; returns how many."""
    waiting = LeakReport.objects.filter(handled_at=None).order_by("id").values_list("pk", flat=True)
    return sum(_handle(pk) for pk in list(waiting[:BATCH_REPORTS]))


def handle(digests: Iterable[str]) -> list[LeakReport]:
    """Handle these at once, and return the reports of secrets that are ours."""
    wanted = list(digests)
    for pk in LeakReport.objects.filter(digest__in=wanted, handled_at=None).values_list("pk", flat=True):
        _handle(pk)
    rows = LeakReport.objects.filter(digest__in=wanted).exclude(secret=None)
    return list(rows.select_related("secret__credential__application__organisation"))


def _handle(pk: int) -> bool:
    """False where another worker was quicker."""
    report = LeakReport.objects.filter(pk=pk, handled_at=None).first()
    if report is None:
        return False
    secret = Secret.objects.select_related("credential__application__organisation").filter(digest=report.digest).first()
    try:
        _act(report, secret) if secret else _forget(report)
    except Conflict:
        return False
    return True


@write
def _forget(report: LeakReport) -> None:
    """Of secrets that are not ours nothing is kept, so that the table cannot be filled."""
    record_event(SYSTEM, "leak.unknown", report)
    report.delete()


@write
def _act(report: LeakReport, secret: Secret) -> None:
    credential = Credential.objects.select_for_update().get(pk=secret.credential_id)
    mine = LeakReport.objects.filter(pk=report.pk, handled_at=None)
    if not mine.update(handled_at=timezone.now(), secret=secret):
        raise Conflict
    credential.application = secret.credential.application
    secret.refresh_from_db()
    outcome = _contain(credential, secret, report)
    LeakReport.objects.filter(pk=report.pk).update(outcome=outcome)
    if outcome != "none":
        tell_of_leak(credential, secret, outcome, report.url)


def _contain(credential: Credential, secret: Secret, report: LeakReport) -> str:
    """What became of the key. A secret that is being rotated away only has to go at once; one of a key that expired
    stays dead, whatever is done with the key."""
    if credential.status == Status.REVOKED or credential.is_expired or secret.state == SecretState.ENDED:
        return _record("none", credential, secret, report)
    if secret.state == SecretState.RETIRING:
        return _end(credential, secret, report)
    if _is_revoked_on_leak(credential):
        revoke_key(credential, actor=SYSTEM, reason=f"Reported as leaked ({report.public_id}).")
        return _record("revoked", credential, secret, report)
    return _quarantine(credential, secret, report)


def _end(credential: Credential, secret: Secret, report: LeakReport) -> str:
    was_alive = is_retiring(secret, timezone.now())
    secret.state, secret.not_after = next_state(secret, "end"), timezone.now()
    secret.save(update_fields=["state", "not_after"])
    return _record("ended" if was_alive else "none", credential, secret, report)


def _is_revoked_on_leak(credential: Credential) -> bool:
    """The strictest of its application's plans decides."""
    return any(one.plan.on_leak == "revoke" for one in active_subscriptions(credential.application))


def _quarantine(credential: Credential, secret: Secret, report: LeakReport) -> str:
    left = read_only(credential.scopes)
    Credential.objects.filter(pk=credential.pk).update(quarantined_to=left)
    return _record("quarantined", credential, secret, report, {"quarantined to": [credential.quarantined_to, left]})


def read_only(scopes: Iterable[str]) -> list[str]:
    """Those that no operation asks for which changes something. The gateways let a quarantined key only read anyway."""
    changing = Operation.objects.filter(scope__in=list(scopes)).exclude(method__in=_SAFE_METHODS)
    return sorted(set(scopes) - set(changing.order_by().values_list("scope", flat=True)))


def _record(
    outcome: str,
    credential: Credential,
    secret: Secret,
    report: LeakReport,
    changes: dict[str, list[object]] | None = None,
) -> str:
    digests = [secret.digest] if credential.kind == Kind.KEY else []
    said = {"secret": [str(secret), outcome], **(changes or {})}
    reason = f"Reported as leaked ({report.public_id})."
    record_act(credential, f"leaked_{outcome}", said, SYSTEM, reason, digests=digests)
    return outcome
