"""What the frame of the staff side asks for."""

from django import template
from django.template.context import Context
from django.utils.html import json_script
from django.utils.safestring import SafeString
from wagtail.admin.telepath import JSContext

from portal.event_words import words_of
from portal.staff.gateways import gateway_state
from portal.staff.menu import sidebar_modules

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
