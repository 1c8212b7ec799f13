"""What the frame of the staff side asks for."""

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html, json_script
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from wagtail.admin.telepath import JSContext

from analytics.addresses import network_around
from portal.event_words import words_of
from portal.staff.consoles import may
from portal.staff.gateways import gateway_state
from portal.staff.menu import sidebar_modules
from portal.templatetags.portal_ui import icon
from restrictions.models import Restriction

register = template.Library()


@register.simple_tag(takes_context=True)
def staff_sidebar(context: Context) -> SafeString:
    """The properties from which Wagtail's script draws the sidebar."""
    modules = JSContext().pack(sidebar_modules(context["request"]))
    return json_script({"modules": modules}, element_id="wagtail-sidebar-props")


@register.simple_tag
def gateways_answering() -> dict[str, str]:
    """`kind` and `text` of the one line at the page's head."""
    return gateway_state()


@register.simple_tag(takes_context=True)
def restrict_link(
    context: Context, *, text: str = "Restrict", is_small: bool = False, more: object = "", **chosen: object
) -> SafeString:
    """A link to a new restriction with these parameters chosen; nothing for who may not restrict. What is known besides
    goes into `about_…`, words that are only heard into `more`."""
    if not may(context["request"].user, "add", Restriction):
        return SafeString("")
    about = [("about", f"{name[6:]}:{value}") for name, value in chosen.items() if name.startswith("about_") and value]
    pairs = [(name, value) for name, value in chosen.items() if not name.startswith("about_") and value]
    to = f"{reverse('staff:restriction_new')}?{urlencode([*pairs, *about])}"
    heard = format_html('<span class="hidden"> {}</span>', more) if more else ""
    kind = " small" if is_small else ""
    drawing = icon("lock" if chosen.get("how") == "require" else "gate")
    return format_html('<a class="button{}" href="{}">{}{}{}</a>', kind, to, drawing, text, heard)


@register.filter
def act(action: str) -> str:
    """An event's action in words."""
    return words_of(action)


@register.filter
def named(names: dict[str, str], public_id: str) -> str:
    """The name of an id, or the id of what is not there any more."""
    return names.get(public_id, public_id)


@register.filter
def from_microseconds(value: int) -> float:
    """Milliseconds."""
    return value / 1000


@register.filter(name="network_around")
def network_of_key(address_key: str) -> str:
    """The /24 or /64 around a logged address, by its key; empty where there is none."""
    return network_around(address_key) if address_key else ""
