from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.publishing import register
        from catalog import records

        register("api", records.build_api)
        register("version", records.build_version)
        register("operation", records.build_operation)
