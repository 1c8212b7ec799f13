from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import records
        from audit.publishing import register

        register("organisation", records.build_organisation)
        register("member", records.build_member)
        register("application", records.build_application)
        register("account", records.build_account)
