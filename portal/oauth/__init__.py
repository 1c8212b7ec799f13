"""The authorization server's HTTP side: oauthlib's grants on django-oauth-toolkit's validator, as strict as they go."""
