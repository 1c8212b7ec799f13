"""Who looks at the running installation, and the things in it that addresses name."""

import json
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum

from tests.canaries import keep
from tests.stack import Stack


class Role(StrEnum):
    """Who sits in front of the browser. All but the first are signed in."""

    ANONYMOUS = "anonymous"
    DEVELOPER = "developer"
    VIEWER = "viewer"
    NEWCOMER = "newcomer"
    STRANGER = "stranger"
    STAFF = "staff"
    STAFF_WITHOUT_CODE = "staff without code"
    STAFF_WITHOUT_PERMISSION = "staff without permission"


@dataclass(frozen=True)
class World:
    """Public ids and names, all of the developer's organisation where nothing else is said."""

    portal: str
    gateway: str
    #: The OAuth client of the sample data.
    sample_client: str
    #: Role → session cookie.
    sessions: dict[str, str]
    organisation: str
    #: A member of it who is not its owner, and an invitation that waits.
    member: str
    invitation: str
    #: Who lets the client below act for them.
    person: str
    #: Of the member of staff.
    passkey: str
    #: The application with calls in its log.
    application: str
    key: str
    #: A key that is no longer active.
    revoked_key: str
    #: Keys in the midst of a rotation, reported as leaked, and suspended by its team.
    rotating_key: str
    leaked_key: str
    suspended_key: str
    #: One that has had scopes for long which it never used.
    over_scoped_key: str
    #: An OAuth client whose tokens are bound to a key, and what the developer lets it do.
    client: str
    consent: str
    #: Request ids of a call that was answered and of one that was refused.
    answered: str
    refused: str
    #: The newcomer's application: no calls yet.
    quiet_application: str
    api: str
    api_id: str
    version: str
    version_id: str
    #: An import that would break callers and asks for scopes.
    import_id: str
    #: A draft of the changelog.
    changelog_entry: str
    #: A guide, by number.
    guide: str
    deprecated_version: str
    #: The same by public id, an operation of it, and a brownout to come.
    ending_version: str
    ending_operation: str
    brownout: str
    operation: str
    plan: str
    plan_id: str
    mask: str
    subscription: str
    #: Key and addressee of an e-mail address's confirmation and of a password's reset, both unused.
    confirmation: str
    reset_person: str
    reset_token: str
    used_token: str
    suspended_organisation: str
    #: An audit event of a member of staff, with a reason.
    event: str
    restriction: str


def furnished(stack: Stack) -> World:
    """Put the cast into the installation. Raises AssertionError with what the furnishing said where it fails."""
    command = [sys.executable, "-m", "tests.browser.furnish"]
    done = subprocess.run(
        command, env=stack.environment, cwd=stack.repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    demo, found = stack.demo, json.loads(done.stdout)
    world = World(portal=demo["portal"], gateway=demo["gateway"], sample_client=demo["client"]["id"], **found)
    for secret in (*world.sessions.values(), world.confirmation, world.reset_token):
        keep(secret)
    return world
