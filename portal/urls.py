"""Every address of the portal."""

from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

from portal.oauth import urls as oauth_urls
from portal.oidc import urls as oidc_urls
from portal.pages import app_urls, people_urls, site_urls

handler400 = "portal.pages.errors.bad_request"
handler403 = "portal.pages.errors.forbidden"
handler404 = "portal.pages.errors.not_found"
handler500 = "portal.pages.errors.server_error"

urlpatterns = [
    path("api/", include("portal.api.urls")),
    path("admin/", include("portal.staff.urls")),
    path("admin/", include(wagtailadmin_urls)),
    *app_urls.urlpatterns,
    *people_urls.urlpatterns,
    *site_urls.urlpatterns,
    *oauth_urls.urlpatterns,
    *oidc_urls.urlpatterns,
    # Of accounts alone: allauth has other addresses for those of other providers.
    path("", include("allauth.account.urls")),
]
