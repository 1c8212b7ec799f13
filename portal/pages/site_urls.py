"""Addresses of what everybody may see, and of the pages around it."""

from django.urls import URLPattern, path

from portal.pages import (
    changelog,
    docs,
    home,
    machine_docs,
    markdown_docs,
    plans,
    problems,
    search,
    site_files,
    status,
    terms,
    theme,
)

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("docs/", docs.apis, name="docs"),
    path("docs/<str:api>/", docs.api, name="docs_api"),
    path("docs/<str:api>/changelog/", changelog.changelog, name="docs_changelog"),
    path("docs/<str:api>/changelog.atom", changelog.feed, name="docs_changelog_feed"),
    path("docs/<str:api>/<str:version>.md", markdown_docs.version, name="docs_version_markdown"),
    path("docs/<str:api>/<str:version>/openapi.json", machine_docs.openapi, {"form": "json"}, "docs_openapi_json"),
    path("docs/<str:api>/<str:version>/openapi.yaml", machine_docs.openapi, {"form": "yaml"}, "docs_openapi_yaml"),
    path("docs/<str:api>/<str:version>/<str:anchor>.md", markdown_docs.operation, name="docs_operation_markdown"),
    path("docs/<str:api>/<str:version>/", docs.version, name="docs_version"),
    path("docs/<str:api>/<str:version>/<str:anchor>/", docs.operation, name="docs_operation"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<str:plan>/terms/", terms.plan_terms, name="plan_terms"),
    path("apps/<str:application>/plan/", plans.change_plan, name="change_plan"),
    path("apps/<str:application>/terms/<str:plan>/", terms.accept, name="accept_terms"),
    path("problems/", problems.problem_types, name="problem_types"),
    path("problems.md", markdown_docs.problem_types, name="problem_types_markdown"),
    path("problems/<slug:slug>/", problems.problem_type, name="problem_type"),
    path("search/", search.search, name="search"),
    path("status/", status.status, name="status"),
    path("theme/", theme.choose_theme, name="theme"),
    path("healthz", status.healthz, name="healthz"),
    path("readyz", status.readyz, name="readyz"),
    path("llms.txt", machine_docs.llms, name="llms"),
    path("sitemap.xml", machine_docs.sitemap, name="sitemap"),
    path(".well-known/api-catalog", machine_docs.api_catalog, name="api_catalog"),
    path("robots.txt", site_files.robots, name="robots"),
    path("favicon.ico", site_files.favicon, name="favicon"),
]
