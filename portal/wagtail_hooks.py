"""What Wagtail asks of us when it starts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.models import Page

from guides.models import GuideIndex
from portal.pages.redirects import SeeOther
from portal.staff.menu import ICONS


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    """The staff menu's drawings join Wagtail's sprite."""
    return [*icons, *ICONS]


@hooks.register("insert_global_admin_css")
def our_colours() -> SafeString:
    """Wagtail's editor beside our consoles looks like one."""
    sheets = ("css/tokens.css", "css/staff/editor.css")
    return format_html_join("", '<link rel="stylesheet" href="{}">', ((static(sheet),) for sheet in sheets))


@hooks.register("before_delete_page")
@hooks.register("before_unpublish_page")
@hooks.register("before_copy_page")
def keep_front_page(request: HttpRequest, page: Page) -> HttpResponse | None:
    """There is one front page, on which all guides hang, so it stays."""
    if not isinstance(page.specific_deferred, GuideIndex):
        return None
    messages.error(request, "The front page of the guides stays where it is.")
    return SeeOther(reverse("staff:guides"))
