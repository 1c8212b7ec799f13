"""Addresses of signing in through the OpenID provider."""

from django.urls import URLPattern, path

from portal.oidc import views

urlpatterns: list[URLPattern] = [
    path("oidc/start/", views.start, name="oidc_start"),
    path("oidc/callback/", views.callback, name="oidc_callback"),
]
