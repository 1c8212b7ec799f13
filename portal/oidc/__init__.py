"""Signing in end users through one OpenID provider (OpenID Connect Core 1.0, authorization code flow with PKCE)."""
