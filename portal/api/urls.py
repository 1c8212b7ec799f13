"""Addresses for machines."""

from django.urls import URLPattern, path

from portal.api import leaks

urlpatterns: list[URLPattern] = [
    path("leaks", leaks.leaks, name="leaks"),
]
