"""Addresses of these pages."""

from django.urls import URLPattern, path

from portal.pages.theme import choose_theme

urlpatterns: list[URLPattern] = [path("theme/", choose_theme, name="theme")]
