"""Every address of the staff side."""

from django.urls import path

from portal.staff import (
    apis,
    applications,
    calls,
    consumers,
    imports,
    keys,
    masks,
    overview,
    plans,
    previews,
    subscriptions,
    versions,
)

app_name = "staff"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("apis/", apis.apis, name="apis"),
    path("apis/new/", apis.api_new, name="api_new"),
    path("apis/versions/<str:public_id>/", versions.version, name="version"),
    path("apis/versions/<str:public_id>/edit/", versions.version_edit, name="version_edit"),
    path("apis/versions/<str:public_id>/import/", imports.version_import, name="version_import"),
    path("apis/versions/<str:public_id>/credential/", versions.version_credential, name="version_credential"),
    path("apis/<str:public_id>/", apis.api, name="api"),
    path("apis/<str:public_id>/edit/", apis.api_edit, name="api_edit"),
    path("apis/<str:public_id>/versions/new/", versions.version_new, name="version_new"),
    path("plans/", plans.plans, name="plans"),
    path("plans/new/", plans.plan_new, name="plan_new"),
    path("plans/<str:public_id>/", plans.plan, name="plan"),
    path("plans/<str:public_id>/edit/", plans.plan_edit, name="plan_edit"),
    path("plans/<str:public_id>/limits/", plans.plan_limits, name="plan_limits"),
    path("plans/<str:public_id>/preview/", previews.plan_preview, name="plan_preview"),
    path("plans/<str:public_id>/masks/new/", masks.mask_new, name="mask_new"),
    path("plans/<str:public_id>/masks/<int:number>/", masks.mask_edit, name="mask"),
    path("plans/<str:public_id>/masks/<int:number>/remove/", masks.mask_remove, name="mask_remove"),
    path("consumers/", consumers.consumers, name="consumers"),
    path("consumers/applications/<str:public_id>/", applications.application, name="application"),
    path(
        "consumers/applications/<str:public_id>/subscribe/",
        applications.application_subscribe,
        name="application_subscribe",
    ),
    path("consumers/<str:public_id>/", consumers.organisation, name="organisation"),
    path("consumers/<str:public_id>/suspend/", consumers.organisation_suspend, name="organisation_suspend"),
    path("consumers/<str:public_id>/resume/", consumers.organisation_resume, name="organisation_resume"),
    path("subscriptions/", subscriptions.subscriptions, name="subscriptions"),
    path("subscriptions/<str:public_id>/", subscriptions.subscription, name="subscription"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<str:public_id>/", keys.key, name="key"),
    path("keys/<str:public_id>/revoke/", keys.key_revoke, name="key_revoke"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<str:request_id>/", calls.call, name="call"),
    path("calls.ndjson", calls.calls_export, name="calls_export"),
]
