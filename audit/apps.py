from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit.triggers import lay_triggers

        post_migrate.connect(lay_triggers, sender=self, dispatch_uid="audit triggers")
