"""What every console is: a view behind one permission, kept by no cache, answering 403 with its cause."""

import functools
from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from wagtail.models import Page
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

View = Callable[..., HttpResponseBase]


def console(model: type[Model], action: str) -> Callable[[View], View]:
    """Lets staff in who may `action` (view, add or change) what `model` stands for."""

    def decorate(view: View) -> View:
        @never_cache
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            allowed = may(request.user, action, model)
            return view(request, *args, **kwargs) if allowed else _missing(request, action, model)

        guarded.needs = (model, action)  # type: ignore[attr-defined]
        return guarded

    return decorate


def may(user: Any, action: str, model: type[Model]) -> bool:
    """Whether a member of staff has the permission; seeing is part of changing."""
    policy = PagePermissionPolicy(model) if issubclass(model, Page) else ModelPermissionPolicy(model)
    return bool(policy.user_has_any_permission(user, {action, "change"} if action == "view" else {action}))


def _missing(request: HttpRequest, action: str, model: type[Model]) -> HttpResponse:
    permission = f"{model._meta.app_label}.{action}_{model._meta.model_name}"
    return render(request, "staff/forbidden.html", {"permission": permission}, status=403)
