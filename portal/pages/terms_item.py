"""Terms of a plan that wait to be accepted, as a thing to look at."""

from django.utils.formats import date_format

from plans.terms import WaitingTerms
from portal.pages.attention_item import Item


def terms_item(row: WaitingTerms) -> Item:
    """Leads to the page of the terms, where the button is."""
    text = f"For {row.application.organisation}, which is on the plan. Calls go on meanwhile."
    url = f"/plans/{row.plan.slug}/terms/"
    if row.is_change and row.plan.terms_changed_at:
        title = f"The terms of {row.plan} changed on {date_format(row.plan.terms_changed_at, 'j M Y')}"
    else:
        title = f"The terms of {row.plan} wait to be accepted"
    return Item("warn", title, text, url, "Read and accept")
