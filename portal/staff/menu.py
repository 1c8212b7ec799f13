"""The staff menu, for Wagtail's sidebar. An item shows to whoever may open it."""

from typing import NamedTuple

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.ui import sidebar

from accounts.models import Organisation, User
from analytics.models import Call
from audit.models import Event
from catalog.models import Api
from guides.models import Guide
from keys.models import Credential, LeakReport
from plans.models import Plan, Subscription
from portal.staff.consoles import may
from restrictions.models import Restriction


class Item(NamedTuple):
    """`view` is a name in the staff namespace; `model` None means that every member of staff may open it."""

    view: str
    label: str
    icon: str
    model: type[Model] | None


ITEMS = (
    Item("overview", "Overview", "pc-gauge", None),
    Item("apis", "APIs", "pc-api", Api),
    Item("plans", "Plans", "pc-plan", Plan),
    Item("consumers", "Consumers", "pc-people", Organisation),
    Item("people", "People", "pc-person", User),
    Item("subscriptions", "Subscriptions", "pc-book", Subscription),
    Item("keys", "Keys", "pc-key", Credential),
    Item("leaks", "Leaks", "pc-leak", LeakReport),
    Item("calls", "Calls", "pc-list", Call),
    Item("guides", "Guides", "pc-guide", Guide),
    Item("audit", "Audit", "pc-audit", Event),
    Item("restrictions", "Restrictions", "pc-gate", Restriction),
)
ICONS = [f"staff/icons/{item.icon}.svg" for item in ITEMS]


def sidebar_modules(request: HttpRequest) -> list[object]:
    """Wagtail's sidebar: its branding, our menu, the way out."""
    shown = [item for item in ITEMS if item.model is None or may(request.user, "view", item.model)]
    links = [
        sidebar.LinkMenuItem(item.view, item.label, reverse(f"staff:{item.view}"), icon_name=item.icon)
        for item in shown
    ]
    leave = [
        sidebar.LinkMenuItem("portal", "Developer side", "/", icon_name="view"),
        sidebar.ActionMenuItem("logout", "Sign out", reverse("account_logout"), icon_name="logout"),
    ]
    return [sidebar.WagtailBrandingModule(), sidebar.MainMenuModule(links, leave, request.user)]
