"""What operators name on the command line, looked up; a name that fits nothing or too much says so."""

from allauth.account.models import EmailAddress
from django.core.management.base import CommandError

from accounts.models import Application, User
from contract.key_format import SCANNER_REGEX, digest_key, is_secret
from contract.settings import settings
from keys.models import Credential, Secret
from portal.management.operator_command import read_secret

LONGEST_NAME = 24
"""Longer than any id or stub, shorter than a secret of which a character was lost."""


def application_by_id(public_id: str) -> Application:
    """Raises CommandError."""
    found = Application.objects.select_related("organisation").filter(public_id=public_id).first()
    if found is None:
        raise CommandError(f"There is no application {public_id!r}; ids look like app_4kTz….")
    return found


def person_by_email(email: str) -> User:
    """Who has verified the address, or else the one account that has it. Raises CommandError."""
    verified = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    if verified is not None:
        return verified.user  # type: ignore[return-value]
    people = list(User.objects.filter(email__iexact=email)[:2])
    if not people:
        raise CommandError(f"Nobody has the e-mail address {email!r}.")
    if len(people) > 1:
        raise CommandError(f"Several accounts have the unverified address {email!r}: name the application.")
    return people[0]


def application_of(person: User) -> Application:
    """The one application that the person's organisations have. Raises CommandError."""
    visible = Application.objects.filter(organisation__memberships__user=person, status="active")
    found = list(visible.select_related("organisation").order_by("id"))
    if len(found) != 1:
        ids = ", ".join(application.public_id for application in found)
        raise CommandError(
            f"{person.email} has several applications: choose --application from {ids}."
            if found
            else f"{person.email} has no application."
        )
    return found[0]


def credential_by_name(name: str) -> Credential:
    """By public id, or by the stub that pages and logs show. Raises CommandError, also for a secret: what stands on a
    command line is in the list of processes and in the shell's history."""
    if is_secret(name) or len(name) > LONGEST_NAME:
        raise CommandError("Do not write a secret on the command line: pass - and give it on standard input.")
    rows = Credential.objects.select_related("application__organisation")
    if name.startswith(("key_", "cli_")):
        found = list(rows.filter(public_id=name))
    else:
        prefix, _, last4 = name.replace("...", "…").partition("…")
        found = list(rows.filter(secrets__prefix=prefix, secrets__last4=last4).distinct()[:10])
    if len(found) > 1:
        ids = ", ".join(credential.public_id for credential in found)
        raise CommandError(f"Several keys look like {name}: choose from {ids}.")
    if not found:
        raise CommandError(f"There is no key {name!r}; name it as key_4kTz… or as pc_test_8fK2…x9Qa.")
    return found[0]


def credential_by_secret(secret: str) -> Credential:
    """Raises CommandError; it never repeats what was given."""
    if not is_secret(secret):
        raise CommandError(f"What stands on standard input is no key of ours; keys match {SCANNER_REGEX}.")
    digest = digest_key(secret, settings().secret_bytes("key_pepper"))
    rows = Secret.objects.select_related("credential__application__organisation")
    found = rows.filter(digest=digest).first()
    if found is None:
        raise CommandError("No key here has this secret.")
    return found.credential


def credential_given(name: str) -> Credential:
    """By name, or by the secret on standard input for `-`. Raises CommandError."""
    return credential_by_secret(read_secret("key")) if name == "-" else credential_by_name(name)
