"""What Wagtail asks of us when it starts."""

from wagtail import hooks

from portal.staff.menu import ICONS


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    """The staff menu's drawings join Wagtail's sprite."""
    return [*icons, *ICONS]
