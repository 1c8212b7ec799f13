from django.apps import AppConfig


class RestrictionsConfig(AppConfig):
    name = "restrictions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.publishing import register
        from restrictions import records

        register("restriction", records.build_restriction)
