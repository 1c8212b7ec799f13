from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.publishing import register
        from plans import records

        register("plan", records.build_plan)
        register("subscription", records.build_subscription)
