from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "keys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.publishing import register
        from keys import records

        register("credential", records.build_credential)
        register("secret", records.build_secret)
