"""Every console's address for one cast: what the tests of this folder walk."""

from django.urls import reverse

from analytics.models import Call
from audit.models import Event
from catalog.models import Brownout
from guides.models import Guide
from portal.staff.urls import urlpatterns
from restrictions.models import Restriction
from tests.cast import Cast
from tests.factories import make_client, make_guide
from tests.logged import make_call
from tests.staff.making import make_brownout, make_entry, make_import, make_mask, make_restriction

ACTS = frozenset({"mask_remove", "restriction_undo", "version_undo", "callers_tell", "brownout_end"})
"""Addresses that only act; they show no page."""
KEY_PAGES = ("key", "key_revoke", "key_suspend", "key_resume", "key_narrow", "key_narrow_undo", "key_debug")
DOWNLOADS = frozenset({"audit_export", "calls_export", "callers_export", "restriction_replay"})


def arguments(cast: Cast) -> dict[str, list[object]]:
    """By name of the address, what it names."""
    mask = cast.plan.masks.first() or make_mask(cast.plan)
    call = Call.objects.first() or make_call(cast)
    api, version, plan = cast.version.api.public_id, cast.version.public_id, cast.plan.public_id
    organisation, application = cast.organisation.public_id, cast.application.public_id
    subscription = cast.application.subscriptions.get().public_id
    named: dict[str, list[object]] = {name: [api] for name in ("api", "api_edit", "version_new")}
    named |= {name: [version] for name in ("version", "version_edit", "version_import", "version_credential")}
    named |= {name: [version] for name in ("version_life", "version_undo", "callers", "callers_export", "callers_tell")}
    named |= {"version_move": [version, "deprecated"], "caller": [version, application], "brownouts": [version]}
    named |= {"operation_life": [cast.version.operations.first().public_id]}
    brownout = Brownout.objects.first() or make_brownout(cast)
    named |= {"brownout_end": [brownout.public_id]}
    named |= {name: [plan] for name in ("plan", "plan_edit", "plan_limits", "plan_preview", "mask_new")}
    named |= {name: [plan, mask.pk] for name in ("mask", "mask_remove")}
    named |= {name: [organisation] for name in ("organisation", "organisation_suspend", "organisation_resume")}
    named |= {name: [cast.owner.user.public_id] for name in ("person", "person_suspend", "person_restore")}
    named |= {name: [application] for name in ("application", "application_subscribe")}
    named |= {name: [cast.key.credential.public_id] for name in KEY_PAGES}
    named |= {"client_consents_withdraw": [make_client(cast.application).credential.public_id]}
    named |= {"audit_event": [Event.objects.latest("id").public_id]}
    named |= {"import": [make_import(cast.version).public_id]}
    named |= {"changelog_entry": [make_entry(cast.version).public_id]}
    restriction = Restriction.objects.first() or make_restriction(cast)
    named |= {f"restriction{page}": [restriction.public_id] for page in ("", "_lift", "_end", "_undo")}
    named |= {"guide_move": [(Guide.objects.first() or make_guide("begin")).pk]}
    return named | {"subscription": [subscription], "call": [call.request_id]}


def every_address(cast: Cast) -> dict[str, str]:
    """Path by name, for every address of the staff side."""
    named = arguments(cast)
    names = [str(pattern.name) for pattern in urlpatterns]
    return {name: reverse(f"staff:{name}", args=named.get(name, [])) for name in names}
