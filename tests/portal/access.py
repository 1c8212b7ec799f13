"""Who may open and who may change what is behind each address: **a new route needs its name in this table**.

A route that is missing here fails `test_access_matrix.py`. Name those who may GET and those who may POST; what all
others get follows: the login for who is not signed in, 404 for who does not belong there, 403 for members and staff who
lack the role or the permission.
"""

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Everybody but the anonymous is signed in; viewer, developer, billing and owner share one organisation."""

    ANONYMOUS = "anonymous"
    STRANGER = "stranger"
    VIEWER = "viewer"
    DEVELOPER = "developer"
    BILLING = "billing"
    OWNER = "owner"
    STAFF_WITHOUT_PERMISSION = "staff without permission"
    STAFF = "staff"


@dataclass(frozen=True)
class Access:
    """Who may GET and who may POST; `is_staffs` for the staff side,
    `is_personal` for what belongs to one
    person alone."""

    get: frozenset[Who]
    post: frozenset[Who]
    is_staffs: bool = False
    is_personal: bool = False

    def allows(self, who: Who, method: str) -> bool:
        """Every method but GET, HEAD and OPTIONS counts as one that changes."""
        return who in (self.get if method in ("GET", "HEAD", "OPTIONS") else self.post)


def _access(get: frozenset[Who], post: frozenset[Who] | None = None) -> Access:
    return Access(get, get if post is None else post)


ALL = frozenset(Who)
MEMBERS = frozenset({Who.VIEWER, Who.DEVELOPER, Who.BILLING, Who.OWNER})
MAKERS = frozenset({Who.DEVELOPER, Who.OWNER})
OWNERS = frozenset({Who.OWNER})
EMPLOYED = frozenset({Who.STAFF, Who.STAFF_WITHOUT_PERMISSION})

ANYBODY = _access(ALL)
PERSON = _access(ALL - {Who.ANONYMOUS})
SEEN_BY_MEMBERS = _access(MEMBERS)
CHANGED_BY_MAKERS = _access(MAKERS)
SHOWN_TO_ALL_CHANGED_BY_MAKERS = _access(MEMBERS, MAKERS)
CHANGED_BY_OWNERS = _access(OWNERS)
#: In one's own organisation, whichever it is: the stranger has one too, staff have none.
OWN_ORGANISATION = _access(MAKERS | {Who.STRANGER})
ACTIVITY = _access(MEMBERS - {Who.BILLING})
CONSOLE = Access(frozenset({Who.STAFF}), frozenset({Who.STAFF}), is_staffs=True)
FRAME = Access(EMPLOYED, EMPLOYED, is_staffs=True)
#: The owner's as a person, whatever the others' roles.
OF_THE_OWNER = Access(OWNERS, OWNERS, is_personal=True)
#: Of somebody who is not among them.
OF_NOBODY_HERE = Access(frozenset(), frozenset(), is_personal=True)
#: Not there while no token is set up.
ABSENT = _access(frozenset())

ACCESS: dict[str, Access] = {
    # What everybody may see.
    **dict.fromkeys(
        ("home", "docs", "docs_api", "docs_version", "docs_operation", "plans", "search", "status"), ANYBODY
    ),
    **dict.fromkeys(("problem_types", "problem_type", "theme", "healthz", "readyz", "robots", "favicon"), ANYBODY),
    **dict.fromkeys(("docs_openapi_json", "docs_openapi_yaml", "llms", "sitemap", "api_catalog"), ANYBODY),
    **dict.fromkeys(("docs_version_markdown", "docs_operation_markdown", "problem_types_markdown"), ANYBODY),
    "plan_terms": ANYBODY,
    **dict.fromkeys(("leaks", "oidc_start", "oidc_callback"), ABSENT),
    "docs_try": _access(ALL, MAKERS | {Who.STRANGER}),
    # The authorization server: people are asked once they are signed in, clients show who they are.
    **dict.fromkeys(("oauth_authorize", "oauth_token", "oauth_revoke", "oauth_introspect"), ANYBODY),
    **dict.fromkeys(("oauth_jwks", "oauth_metadata"), ANYBODY),
    # Getting in. Each leads on who is in already.
    **dict.fromkeys(("account_login", "account_signup", "account_logout", "account_inactive"), ANYBODY),
    **dict.fromkeys(("account_reset_password", "account_reset_password_done"), ANYBODY),
    **dict.fromkeys(("account_reset_password_from_key", "account_reset_password_from_key_done"), ANYBODY),
    **dict.fromkeys(
        ("account_confirm_email", "account_email_verification_sent", "account_confirm_login_code"), ANYBODY
    ),
    **dict.fromkeys(("login_code", "passkey_begin", "passkey_finish", "invitation_accept"), ANYBODY),
    # One's own account.
    **dict.fromkeys(("account", "account_email", "account_change_password", "account_set_password"), PERSON),
    **dict.fromkeys(("account_reauthenticate", "security", "second_factor", "second_factor_picture"), PERSON),
    **dict.fromkeys(("authenticator_remove", "recovery", "passkey_enrol_begin", "passkey_enrol"), PERSON),
    **dict.fromkeys(("passkey_rename", "passkey_remove"), OF_THE_OWNER),
    **dict.fromkeys(("sessions", "sessions_end", "consents"), PERSON),
    "consent": OF_THE_OWNER,
    "session_end": OF_NOBODY_HERE,
    **dict.fromkeys(("start", "start_run", "apps", "team", "team_new"), PERSON),
    # An organisation's own.
    "app_new": OWN_ORGANISATION,
    "activity": _access(MEMBERS | {Who.STRANGER}),
    "activity_of": ACTIVITY,
    **dict.fromkeys(("app", "keys", "clients", "logs", "logs_csv", "logs_ndjson", "call"), SEEN_BY_MEMBERS),
    **dict.fromkeys(("client_new", "client_token"), CHANGED_BY_MAKERS),
    "client": SHOWN_TO_ALL_CHANGED_BY_MAKERS,
    "client_console": SEEN_BY_MEMBERS,
    **dict.fromkeys(("app_settings", "app_origins"), SHOWN_TO_ALL_CHANGED_BY_MAKERS),
    **dict.fromkeys(("change_plan", "accept_terms", "key_new", "key_created", "key_rename"), CHANGED_BY_MAKERS),
    **dict.fromkeys(("key_change", "key_rotate", "key_suspend", "key_resume", "key_revoke"), CHANGED_BY_MAKERS),
    "calls_stream": SEEN_BY_MEMBERS,
    "app_remove": CHANGED_BY_OWNERS,
    "team_of": SEEN_BY_MEMBERS,
    **dict.fromkeys(("team_settings", "team_invite", "team_member", "team_transfer", "team_remove"), CHANGED_BY_OWNERS),
    **dict.fromkeys(("invitation_resend", "invitation_revoke"), CHANGED_BY_OWNERS),
    # The staff side.
    "staff:overview": FRAME,
    **dict.fromkeys(("staff:apis", "staff:api_new", "staff:api", "staff:api_edit"), CONSOLE),
    **dict.fromkeys(("staff:version", "staff:version_new", "staff:version_edit", "staff:version_import"), CONSOLE),
    **dict.fromkeys(
        ("staff:version_life", "staff:version_move", "staff:version_undo", "staff:operation_life"), CONSOLE
    ),
    **dict.fromkeys(("staff:callers", "staff:callers_export", "staff:callers_tell", "staff:caller"), CONSOLE),
    **dict.fromkeys(("staff:brownouts", "staff:brownout_end"), CONSOLE),
    "staff:import": CONSOLE,
    "staff:changelog_entry": CONSOLE,
    "staff:guides": CONSOLE,
    "staff:guide_move": CONSOLE,
    **dict.fromkeys(("docs_changelog", "docs_changelog_feed"), ANYBODY),
    **dict.fromkeys(("guides", "guide", "guide_markdown"), ANYBODY),
    # A picture that is there: its name is unguessable.
    "picture": ABSENT,
    **dict.fromkeys(("staff:version_credential", "staff:plans", "staff:plan_new", "staff:plan"), CONSOLE),
    **dict.fromkeys(("staff:plan_edit", "staff:plan_limits", "staff:plan_preview"), CONSOLE),
    **dict.fromkeys(("staff:mask_new", "staff:mask", "staff:mask_remove"), CONSOLE),
    **dict.fromkeys(("staff:consumers", "staff:application", "staff:application_subscribe"), CONSOLE),
    **dict.fromkeys(("staff:organisation", "staff:organisation_suspend", "staff:organisation_resume"), CONSOLE),
    **dict.fromkeys(("staff:people", "staff:person", "staff:person_suspend", "staff:person_restore"), CONSOLE),
    **dict.fromkeys(("staff:subscriptions", "staff:subscription", "staff:keys", "staff:key"), CONSOLE),
    **dict.fromkeys(("staff:key_revoke", "staff:key_debug", "staff:key_suspend", "staff:key_resume"), CONSOLE),
    **dict.fromkeys(
        ("staff:key_narrow", "staff:key_narrow_undo", "staff:leaks", "staff:client_consents_withdraw"), CONSOLE
    ),
    **dict.fromkeys(("staff:audit", "staff:audit_export", "staff:audit_event"), CONSOLE),
    **dict.fromkeys(("staff:restrictions", "staff:restriction_new", "staff:restriction_replay"), CONSOLE),
    **dict.fromkeys(("staff:restriction", "staff:restriction_lift", "staff:restriction_end"), CONSOLE),
    **dict.fromkeys(("staff:restriction_undo", "staff:calls", "staff:call", "staff:calls_export"), CONSOLE),
}
