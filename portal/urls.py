"""Every address of the portal."""

from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

from portal.pages import app_urls, second_factor, site_urls

handler400 = "portal.pages.errors.bad_request"
handler403 = "portal.pages.errors.forbidden"
handler404 = "portal.pages.errors.not_found"
handler500 = "portal.pages.errors.server_error"

urlpatterns = [
    path("admin/", include("portal.staff.urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("login/code/", second_factor.login_code, name="login_code"),
    path("account/security/code/", second_factor.second_factor, name="second_factor"),
    path("account/security/code/picture.svg", second_factor.second_factor_picture, name="second_factor_picture"),
    *app_urls.urlpatterns,
    *site_urls.urlpatterns,
    path("", include("allauth.urls")),
]
