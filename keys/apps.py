from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "keys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.publishing import register
        from keys import records

        register("credential", records.build_credential)
        register("secret", records.build_secret)
        register("consent", records.build_consent)
        register("token-key", records.build_token_key)
        register("token", records.build_revoked_token)
