"""Addresses of what a signed-in developer works with."""

from django.urls import URLPattern, path, register_converter

from portal.pages import (
    activity,
    apps,
    client_console,
    clients,
    key_changes,
    key_rotation,
    keys,
    live,
    logs,
    new_credential,
    start,
    token_trial,
)
from portal.pages.converters import NameConverter

register_converter(NameConverter, "name")

urlpatterns: list[URLPattern] = [
    path("start/", start.start, name="start"),
    path("start/run/", start.run, name="start_run"),
    path("apps/", apps.apps, name="apps"),
    path("apps/new/", apps.app_new, name="app_new"),
    path("apps/<name:app_id>/", apps.app, name="app"),
    path("apps/<name:app_id>/settings/", apps.app_settings, name="app_settings"),
    path("apps/<name:app_id>/origins/", apps.app_origins, name="app_origins"),
    path("apps/<name:app_id>/remove/", apps.app_remove, name="app_remove"),
    path("apps/<name:app_id>/keys/", keys.keys, name="keys"),
    path("apps/<name:app_id>/keys/new/", new_credential.key_new, name="key_new"),
    path("apps/<name:app_id>/oauth/", clients.clients, name="clients"),
    path("apps/<name:app_id>/oauth/new/", new_credential.client_new, name="client_new"),
    path("clients/<name:client_id>/", clients.client, name="client"),
    path("clients/<name:client_id>/console/", client_console.client_console, name="client_console"),
    path("clients/<name:client_id>/console/token/", token_trial.client_token, name="client_token"),
    path("keys/<name:key_id>/created/", keys.key_created, name="key_created"),
    path("keys/<name:key_id>/rename/", keys.key_rename, name="key_rename"),
    path("keys/<name:key_id>/change/", key_changes.key_change, name="key_change"),
    path("keys/<name:key_id>/rotate/", key_rotation.key_rotate, name="key_rotate"),
    path("keys/<name:key_id>/suspend/", key_changes.key_suspend, name="key_suspend"),
    path("keys/<name:key_id>/resume/", key_changes.key_resume, name="key_resume"),
    path("keys/<name:key_id>/revoke/", keys.key_revoke, name="key_revoke"),
    path("apps/<name:app_id>/logs/", logs.logs, name="logs"),
    path("apps/<name:app_id>/logs/calls.csv", logs.logs_export, {"form": "csv"}, name="logs_csv"),
    path("apps/<name:app_id>/logs/calls.ndjson", logs.logs_export, {"form": "ndjson"}, name="logs_ndjson"),
    path("apps/<name:app_id>/calls/stream", live.calls_stream, name="calls_stream"),
    path("logs/<name:request_id>/", logs.call, name="call"),
    path("activity/", activity.activity, name="activity"),
    path("activity/<name:organisation_id>/", activity.activity_of, name="activity_of"),
]
