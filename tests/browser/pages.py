"""Every page of the portal, once for each role that changes it. A new page is one more line.

The tests of this folder walk this list: a page of ours that is missing in it fails `test_every_page_is_listed.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Page as Tab

from tests.browser.world import Role, World

Arguments = Callable[[World], Mapping[str, str]]
Act = Callable[[Tab], None]
ANONYMOUS, DEVELOPER, VIEWER = Role.ANONYMOUS, Role.DEVELOPER, Role.VIEWER
NEWCOMER, STRANGER, STAFF = Role.NEWCOMER, Role.STRANGER, Role.STAFF


def nothing(_world: World) -> Mapping[str, str]:
    """The address names nothing."""
    return {}


@dataclass(frozen=True)
class Page:
    """A page as one role sees it. `act` brings it into its `state`; pages in a state are walked by `make prove`."""

    route: str
    role: Role
    arguments: Arguments = nothing
    query: str = ""
    state: str = ""
    act: Act | None = None
    status: int = 200

    def address(self, world: World) -> str:
        """Path and query."""
        return address(self.route, self.arguments, world) + self.query.format(client=world.sample_client)

    def __str__(self) -> str:
        words = [self.route, self.role, self.state or self.query.strip("?")]
        return " ".join(word for word in words if word).replace(" ", "-")


@dataclass(frozen=True)
class NotPage:
    """An address that shows no page to whoever opens it, and what it is instead."""

    route: str
    reason: str
    arguments: Arguments = nothing
    query: str = ""
    role: Role = DEVELOPER
    status: int = 200

    def address(self, world: World) -> str:
        """Path and query."""
        return address(self.route, self.arguments, world) + self.query


def address(route: str, arguments: Arguments, world: World) -> str:
    """The path of the route; raises NoReverseMatch where route or arguments are not those of the URLconf."""
    return reverse(route, kwargs=dict(arguments(world)))


def send(tab: Tab) -> None:
    """Send the page's own form as it stands, past the browser's own checks."""
    form = tab.locator("main form[method=post]").first
    form.evaluate("form => { form.noValidate = true }")
    with tab.expect_navigation():
        form.locator("[type=submit]:visible").first.click()


def send_with(**fields: str) -> Act:
    """Fill the named fields, then send."""

    def act(tab: Tab) -> None:
        for name, value in fields.items():
            tab.locator(f"main form[method=post] [name={name}]").first.fill(value)
        send(tab)

    return act


def try_it(**fields: str) -> Act:
    """Fill the named fields, then call: the answer takes its place in the page."""

    def act(tab: Tab) -> None:
        for name, value in fields.items():
            tab.locator(f"#try [name={name}]").fill(value)
        tab.locator("#send").click()
        tab.wait_for_selector("#answer")

    return act


def named(**names: str) -> Arguments:
    """Arguments of an address, each from the field of the world that is named."""
    return lambda world: {argument: getattr(world, field) for argument, field in names.items()}


APPLICATION, QUIET_APPLICATION = named(app_id="application"), named(app_id="quiet_application")
CLIENT = named(client_id="client")
KEY, REVOKED_KEY = named(key_id="key"), named(key_id="revoked_key")
ANSWERED, REFUSED = named(request_id="answered"), named(request_id="refused")
ORGANISATION, MEMBER = named(org_id="organisation"), named(org_id="organisation", user_id="member")
INVITATION = named(org_id="organisation", invitation_id="invitation")
PASSKEY = named(passkey_id="passkey")
API = named(api="api")
VERSION, DEPRECATED = named(api="api", version="version"), named(api="api", version="deprecated_version")
OPERATION = named(api="api", version="version", anchor="operation")
DEPRECATED_OPERATION = named(api="api", version="deprecated_version", anchor="operation")
RESET = named(uidb36="reset_person", key="reset_token")
USED_RESET = named(uidb36="reset_person", key="used_token")
ENDING = named(public_id="ending_version")
STAFF_API, STAFF_VERSION = named(public_id="api_id"), named(public_id="version_id")
STAFF_PLAN, STAFF_MASK = named(public_id="plan_id"), named(public_id="plan_id", number="mask")
RESTRICTION = named(public_id="restriction")
STAFF_ORGANISATION, STAFF_SUSPENDED = named(public_id="organisation"), named(public_id="suspended_organisation")
STAFF_APPLICATION, STAFF_SUBSCRIPTION = named(public_id="application"), named(public_id="subscription")
STAFF_EVENT = named(public_id="event")
STAFF_KEY, STAFF_REVOKED_KEY = named(public_id="key"), named(public_id="revoked_key")


def problem(_world: World) -> Mapping[str, str]:
    """A kind of problem that has a page."""
    return {"slug": "rate-limited"}


def pro_plan(_world: World) -> Mapping[str, str]:
    """The sample's plan that has terms."""
    return {"plan": "pro"}


def guide(_world: World) -> Mapping[str, str]:
    """The sample's guide with most kinds of blocks."""
    return {"place": "make-your-first-call"}


#: The sample client asks for everything.
CONSENT = (
    "?response_type=code&client_id={client}&redirect_uri=http://127.0.0.1:8765/callback"
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
)

PAGES: tuple[Page, ...] = (
    # Getting in.
    Page("account_login", ANONYMOUS),
    Page("account_login", ANONYMOUS, state="errors", act=send),
    Page("account_signup", ANONYMOUS),
    Page("account_signup", ANONYMOUS, state="errors", act=send),
    Page("account_reset_password", ANONYMOUS),
    Page("account_reset_password", ANONYMOUS, state="errors", act=send),
    Page("account_reset_password_done", ANONYMOUS),
    Page("account_reset_password_from_key", ANONYMOUS, RESET),
    Page("account_reset_password_from_key", ANONYMOUS, RESET, state="errors", act=send),
    Page("account_reset_password_from_key", ANONYMOUS, USED_RESET, state="used link"),
    Page("account_reset_password_from_key_done", ANONYMOUS),
    Page("account_email_verification_sent", ANONYMOUS),
    Page("account_confirm_email", ANONYMOUS, named(key="confirmation")),
    Page("account_inactive", ANONYMOUS),
    Page("login_code", Role.STAFF_WITHOUT_CODE),
    Page("login_code", Role.STAFF_WITHOUT_CODE, state="errors", act=send),
    # The person.
    Page("activity_of", DEVELOPER, named(organisation_id="organisation")),
    Page("account", DEVELOPER),
    Page("account_logout", DEVELOPER),
    Page("account_reauthenticate", DEVELOPER),
    Page("account_reauthenticate", DEVELOPER, state="errors", act=send),
    Page("account_change_password", DEVELOPER),
    Page("account_change_password", DEVELOPER, state="errors", act=send),
    Page("account_set_password", STRANGER),
    Page("account_set_password", STRANGER, state="errors", act=send),
    Page("account_email", DEVELOPER),
    Page("account_email", NEWCOMER),
    Page("security", DEVELOPER),
    Page("security", STAFF),
    Page("passkey_rename", STAFF, PASSKEY),
    Page("recovery", DEVELOPER),
    Page("sessions", DEVELOPER),
    Page("consents", DEVELOPER),
    Page("consent", DEVELOPER, named(consent_id="consent")),
    Page("second_factor", DEVELOPER),
    Page("second_factor", DEVELOPER, state="errors", act=send),
    # The organisation's people.
    Page("team_of", DEVELOPER, ORGANISATION),
    Page("team_of", VIEWER, ORGANISATION),
    Page("team_new", DEVELOPER),
    Page("team_settings", DEVELOPER, ORGANISATION),
    Page("team_settings", DEVELOPER, ORGANISATION, state="errors", act=send_with(name="")),
    Page("team_invite", DEVELOPER, ORGANISATION),
    Page("team_invite", DEVELOPER, ORGANISATION, state="errors", act=send),
    Page("team_member", DEVELOPER, MEMBER),
    Page("team_remove", DEVELOPER, MEMBER),
    Page("invitation_accept", NEWCOMER),
    Page("invitation_accept", STRANGER, status=403),
    Page("invitation_accept", ANONYMOUS, status=404),
    # What everybody may see.
    Page("home", ANONYMOUS),
    Page("home", DEVELOPER),
    Page("home", NEWCOMER),
    Page("docs", ANONYMOUS),
    Page("docs", DEVELOPER),
    Page("docs_version", ANONYMOUS, VERSION),
    Page("docs_version", DEVELOPER, DEPRECATED),
    Page("guides", ANONYMOUS),
    Page("guide", ANONYMOUS, guide),
    Page("docs_changelog", ANONYMOUS, API),
    Page("docs_changelog", DEVELOPER, API, query="?from=v1&to=v2"),
    Page("docs_operation", ANONYMOUS, OPERATION),
    Page("docs_operation", DEVELOPER, DEPRECATED_OPERATION),
    Page("docs_operation", NEWCOMER, OPERATION),
    Page("docs_try", DEVELOPER, OPERATION),
    Page("docs_try", DEVELOPER, OPERATION, state="answered", act=try_it()),
    Page("docs_try", DEVELOPER, OPERATION, state="refused", act=try_it(**{"path-0": "none"})),
    Page("docs_try", ANONYMOUS, OPERATION),
    Page("plans", ANONYMOUS),
    Page("plans", DEVELOPER),
    Page("plan_terms", DEVELOPER, pro_plan),
    Page("plan_terms", ANONYMOUS, pro_plan),
    Page("problem_types", ANONYMOUS),
    Page("problem_type", ANONYMOUS, problem),
    Page("search", ANONYMOUS, query="?q=patient"),
    Page("search", ANONYMOUS, query="?q=zzzz", state="empty"),
    Page("search", DEVELOPER, query="?q=pc_test_"),
    Page("status", ANONYMOUS),
    Page("oauth_authorize", STRANGER, query=CONSENT),
    Page("oidc_callback", ANONYMOUS, state="ended", status=400),
    Page("oauth_authorize", ANONYMOUS, state="unknown client", status=400),
    # Applications, their keys, their calls.
    Page("start", DEVELOPER),
    Page("start", NEWCOMER),
    Page("apps", DEVELOPER),
    Page("apps", VIEWER),
    Page("apps", STRANGER, state="empty"),
    Page("app_new", DEVELOPER),
    Page("app_new", DEVELOPER, state="errors", act=send_with(name="")),
    Page("app", DEVELOPER, APPLICATION),
    Page("app", VIEWER, APPLICATION),
    Page("app", NEWCOMER, QUIET_APPLICATION),
    Page("app_settings", DEVELOPER, APPLICATION),
    Page("app_settings", DEVELOPER, APPLICATION, state="errors", act=send_with(name="")),
    Page("app_settings", VIEWER, APPLICATION),
    Page("app_remove", DEVELOPER, APPLICATION),
    Page("keys", DEVELOPER, APPLICATION),
    Page("clients", DEVELOPER, APPLICATION),
    Page("client_new", DEVELOPER, APPLICATION),
    Page("client", DEVELOPER, CLIENT),
    Page("client", DEVELOPER, CLIENT, state="errors", act=send_with(redirect_uris="somewhere")),
    Page("client_console", DEVELOPER, CLIENT),
    Page("key_new", DEVELOPER, APPLICATION),
    Page("key_new", DEVELOPER, APPLICATION, state="errors", act=send_with(name="")),
    Page("key_new", VIEWER, APPLICATION, status=403),
    Page("key_created", DEVELOPER, KEY),
    Page("key_rename", DEVELOPER, KEY),
    Page("key_rename", DEVELOPER, KEY, state="errors", act=send_with(name="")),
    Page("key_change", DEVELOPER, KEY),
    Page("key_change", DEVELOPER, KEY, state="errors", act=send_with(networks="everywhere")),
    Page("key_rotate", DEVELOPER, KEY),
    Page("key_rotate", DEVELOPER, named(key_id="rotating_key")),
    Page("key_rotate", DEVELOPER, named(key_id="leaked_key"), state="leaked"),
    Page("key_suspend", DEVELOPER, KEY),
    Page("key_resume", DEVELOPER, named(key_id="suspended_key")),
    Page("key_revoke", DEVELOPER, KEY),
    Page("key_revoke", DEVELOPER, REVOKED_KEY, state="revoked already"),
    Page("logs", DEVELOPER, APPLICATION),
    Page("logs", DEVELOPER, APPLICATION, query="?status=4xx", state="filtered"),
    Page("logs", DEVELOPER, APPLICATION, query="?status=teapot", state="errors", status=422),
    Page("logs", NEWCOMER, QUIET_APPLICATION),
    Page("call", DEVELOPER, ANSWERED),
    Page("call", DEVELOPER, REFUSED),
    # The staff side.
    Page("staff:overview", STAFF),
    Page("staff:overview", Role.STAFF_WITHOUT_PERMISSION),
    Page("staff:apis", STAFF),
    Page("staff:apis", Role.STAFF_WITHOUT_PERMISSION, status=403),
    Page("staff:api_new", STAFF),
    Page("staff:api_new", STAFF, state="errors", act=send),
    Page("staff:api", STAFF, STAFF_API),
    Page("staff:api_edit", STAFF, STAFF_API),
    Page("staff:version_new", STAFF, STAFF_API),
    Page("staff:version_new", STAFF, STAFF_API, state="errors", act=send),
    Page("staff:version", STAFF, STAFF_VERSION),
    Page("staff:version_edit", STAFF, STAFF_VERSION),
    Page("staff:version_import", STAFF, STAFF_VERSION),
    Page("staff:version_import", STAFF, STAFF_VERSION, state="errors", act=send),
    Page("staff:changelog_entry", STAFF, named(public_id="changelog_entry")),
    Page("staff:import", STAFF, named(public_id="import_id")),
    Page("staff:version_credential", STAFF, STAFF_VERSION),
    Page("staff:version_life", STAFF, ENDING),
    Page(
        "staff:version_move", STAFF, lambda world: {"public_id": world.ending_version, "to": "retired"}, state="named"
    ),
    Page("staff:callers", STAFF, ENDING),
    Page("staff:caller", STAFF, named(public_id="ending_version", application_id="application"), state="own dates"),
    Page("staff:brownouts", STAFF, ENDING),
    Page("staff:operation_life", STAFF, named(public_id="ending_operation"), state="own dates"),
    Page("staff:plans", STAFF),
    Page("staff:plan_new", STAFF),
    Page("staff:plan_new", STAFF, state="errors", act=send),
    Page("staff:plan", STAFF, STAFF_PLAN),
    Page("staff:plan_edit", STAFF, STAFF_PLAN),
    Page("staff:plan_limits", STAFF, STAFF_PLAN),
    Page("staff:plan_preview", STAFF, STAFF_PLAN),
    Page("staff:mask_new", STAFF, STAFF_PLAN),
    Page("staff:mask_new", STAFF, STAFF_PLAN, state="errors", act=send),
    Page("staff:mask", STAFF, STAFF_MASK),
    Page("staff:mask_remove", STAFF, STAFF_MASK),
    Page("staff:consumers", STAFF),
    Page("staff:consumers", STAFF, query="?q=zzzz", state="empty"),
    Page("staff:organisation", STAFF, STAFF_ORGANISATION),
    Page("staff:organisation_suspend", STAFF, STAFF_ORGANISATION),
    Page("staff:organisation_resume", STAFF, STAFF_SUSPENDED),
    Page("staff:people", STAFF),
    Page("staff:person", STAFF, named(public_id="person")),
    Page("staff:person_suspend", STAFF, named(public_id="person")),
    Page("staff:person_restore", STAFF, named(public_id="person")),
    Page("staff:application", STAFF, STAFF_APPLICATION),
    Page("staff:application_subscribe", STAFF, STAFF_APPLICATION),
    Page("staff:subscriptions", STAFF),
    Page("staff:subscription", STAFF, STAFF_SUBSCRIPTION),
    Page("staff:keys", STAFF),
    Page("staff:keys", STAFF, query="?q=zzzz", state="empty"),
    Page("staff:key", STAFF, STAFF_KEY),
    Page("staff:key", STAFF, STAFF_REVOKED_KEY, state="revoked"),
    Page("staff:client_consents_withdraw", STAFF, named(public_id="client")),
    Page("staff:key_suspend", STAFF, STAFF_KEY),
    Page("staff:key_resume", STAFF, named(public_id="suspended_key")),
    Page("staff:key_narrow", STAFF, named(public_id="over_scoped_key")),
    Page("staff:key_narrow_undo", STAFF, STAFF_KEY),
    Page("staff:key_revoke", STAFF, STAFF_KEY),
    Page("staff:key_debug", STAFF, STAFF_KEY),
    Page("staff:guides", STAFF),
    Page("staff:guide_move", STAFF, lambda world: {"page_id": world.guide}, state="form"),
    Page("staff:leaks", STAFF),
    Page("staff:leaks", STAFF, state="errors", act=send_with(text="nothing")),
    Page("staff:calls", STAFF),
    Page("staff:calls", STAFF, query="?request_id=none", state="empty"),
    Page("staff:call", STAFF, ANSWERED),
    Page("staff:call", STAFF, REFUSED),
    Page("staff:audit", STAFF),
    Page("staff:audit", STAFF, query="?action=nothing", state="empty"),
    Page("staff:audit", STAFF, query="?since=never", state="errors", status=422),
    Page("staff:audit_event", STAFF, STAFF_EVENT),
    Page("staff:restrictions", STAFF),
    Page("staff:restrictions", STAFF, query="?q=zzzz", state="empty"),
    Page("staff:restriction_new", STAFF),
    Page("staff:restriction_new", STAFF, query="?how=block"),
    Page("staff:restriction_new", STAFF, query="?how=require&scope=patients:read&dpop=1&window=mon,sun+08:00-18:00"),
    Page("staff:restriction_new", STAFF, query="?key=none", state="errors", status=422),
    Page("staff:restriction", STAFF, RESTRICTION),
    Page("staff:restriction_lift", STAFF, RESTRICTION),
    Page("staff:restriction_end", STAFF, RESTRICTION),
)

NOT_PAGES: tuple[NotPage, ...] = (
    NotPage("docs_changelog_feed", "is a feed", API),
    NotPage("start_run", "takes a POST only", status=405),
    NotPage("client_token", "takes a POST only", CLIENT, status=405),
    NotPage("app_origins", "leads to the settings", APPLICATION, status=303),
    NotPage("change_plan", "takes a POST only", named(application="application"), status=405),
    NotPage(
        "accept_terms", "takes a POST only", lambda world: {"application": world.application, "plan": "pro"}, status=405
    ),
    NotPage("theme", "takes a POST only", status=405),
    NotPage("passkey_begin", "takes a POST only", status=405),
    NotPage("passkey_finish", "takes a POST only", status=405),
    NotPage("passkey_enrol_begin", "takes a POST only", status=405),
    NotPage("passkey_enrol", "takes a POST only", status=405),
    NotPage("passkey_remove", "takes a POST only", PASSKEY, role=STAFF, status=405),
    NotPage("sessions_end", "takes a POST only", status=405),
    NotPage("session_end", "takes a POST only", lambda _world: {"sign_in_id": "sgn_0"}, status=405),
    NotPage("authenticator_remove", "takes a POST only", status=405),
    NotPage("team", "leads to the first organisation", status=302),
    NotPage("team_transfer", "takes a POST only", MEMBER, status=405),
    NotPage("invitation_resend", "takes a POST only", INVITATION, status=405),
    NotPage("invitation_revoke", "takes a POST only", INVITATION, status=405),
    NotPage("docs_api", "redirects to the newest version", API, status=302),
    NotPage("account_confirm_login_code", "signing in by e-mail is not offered", status=302),
    NotPage("calls_stream", "an event stream", APPLICATION, "?as=rows"),
    NotPage("logs_csv", "a file", lambda world: {"app_id": world.application}),
    NotPage("logs_ndjson", "a file", lambda world: {"app_id": world.application}),
    NotPage("staff:calls_export", "a file", role=STAFF),
    NotPage("activity", "leads to the first organisation's", status=302),
    NotPage("staff:audit_export", "a file", role=STAFF),
    NotPage("staff:restriction_replay", "a file", role=STAFF),
    NotPage("staff:restriction_undo", "takes a POST only", RESTRICTION, role=STAFF, status=303),
    NotPage("staff:callers_export", "a file", ENDING, role=STAFF),
    NotPage("staff:callers_tell", "takes a POST only", ENDING, role=STAFF, status=303),
    NotPage("staff:version_undo", "takes a POST only", ENDING, role=STAFF, status=303),
    NotPage("staff:brownout_end", "takes a POST only", named(public_id="brownout"), role=STAFF, status=303),
    NotPage("second_factor_picture", "an image, while an authenticator is being enrolled", role=NEWCOMER, status=404),
    NotPage("healthz", "for machines"),
    NotPage("docs_openapi_json", "for machines", VERSION),
    NotPage("docs_openapi_yaml", "for machines", VERSION),
    NotPage("docs_version_markdown", "text", VERSION),
    NotPage("docs_operation_markdown", "text", OPERATION),
    NotPage("problem_types_markdown", "text"),
    NotPage("llms", "for machines"),
    NotPage("guide_markdown", "text", guide),
    NotPage("picture", "an image", lambda _world: {"name": "none.png"}, status=404),
    NotPage("sitemap", "for machines"),
    NotPage("api_catalog", "for machines"),
    NotPage("leaks", "for machines; not offered where no token is set", status=404),
    NotPage("readyz", "for machines"),
    NotPage("oauth_token", "takes a POST only", status=405),
    NotPage("oauth_revoke", "takes a POST only", status=405),
    NotPage("oauth_introspect", "takes a POST only", status=405),
    NotPage("oidc_start", "takes a POST only", status=405),
    NotPage("oauth_jwks", "for machines"),
    NotPage("oauth_metadata", "for machines"),
    NotPage("robots", "for machines"),
    NotPage("favicon", "an image", status=302),
)
