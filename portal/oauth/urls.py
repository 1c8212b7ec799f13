"""Addresses of the authorization server."""

from django.urls import URLPattern, path

from portal.oauth import authorize, metadata, token

urlpatterns: list[URLPattern] = [
    path("oauth/authorize/", authorize.authorize, name="oauth_authorize"),
    path("oauth/token/", token.token, name="oauth_token"),
    path("oauth/revoke/", token.revoke, name="oauth_revoke"),
    path("oauth/introspect/", token.introspect, name="oauth_introspect"),
    path("oauth/jwks.json", metadata.jwks, name="oauth_jwks"),
    path(".well-known/oauth-authorization-server", metadata.metadata, name="oauth_metadata"),
]
