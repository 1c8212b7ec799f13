"""Django's settings, drawn from contract.settings: nothing here reads the environment."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from contract.settings import settings
from portal.logs import configure_logs

_settings = settings()
BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = _settings.secret_key.get_secret_value()
DEBUG = False
ALLOWED_HOSTS = _settings.allowed_hosts
ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
WSGI_APPLICATION = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1

INSTALLED_APPS = [
    "portal",
    "guides",
    "restrictions",
    "keys",
    "plans",
    "catalog",
    "analytics",
    "accounts",
    "notices",
    "audit",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "oauth2_provider",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_otp_webauthn",
    "django_htmx",
    "csp",
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "portal.middleware.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.middleware.nul.nul_middleware",
    "portal.staff.gate.StaffGateMiddleware",
    "portal.middleware.factor_rule.FactorRuleMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.errors.DomainErrorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal",
            ],
        },
    }
]


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme in ("", "sqlite"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) or str(_settings.sqlite_path),
            # WAL and a time-out alone lose writes beside a busy writer; BEGIN IMMEDIATE does not.
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # A server that does not answer costs a page seconds, not minutes: until connected, and for what is sent then.
        "OPTIONS": {"connect_timeout": 3, "tcp_user_timeout": 10_000},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(_settings.database_url)}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _settings.cache_url,
        "KEY_PREFIX": "pc",
    },
}
SESSION_ENGINE = "accounts.session_store"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["portal.sign_in_backend.SignInBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"reauthenticate": "5/m/user,50/d/user"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(_settings.portal_base).scheme
ACCOUNT_SIGNUP_REDIRECT_URL = "/start/"
SOCIALACCOUNT_ADAPTER = "portal.oidc.adapter.SocialAccountAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
OTP_TOTP_ISSUER = _settings.brand
#: Wrong codes are counted by where they come from (accounts.code_tries), not by device.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
OTP_WEBAUTHN_RP_NAME = _settings.brand
OTP_WEBAUTHN_RP_ID = urlsplit(_settings.portal_base).hostname
OTP_WEBAUTHN_ALLOWED_ORIGINS = [_settings.portal_base]
#: Passkeys need TLS (or localhost); an installation without it starts all the same, and its browsers offer none.
SILENCED_SYSTEM_CHECKS = ["otp_webauthn.E031"]

OAUTH2_PROVIDER_APPLICATION_MODEL = "keys.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "keys.AuthorizationCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "keys.AccessToken"  # noqa: S105
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "keys.RefreshToken"  # noqa: S105
OAUTH2_PROVIDER = {
    **{
        f"COMPLIANT_BCP_RFC9700_{name}": True
        for name in (
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "PKCE_REQUIRED",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
            "REFRESH_TOKEN",
            "REDIRECT_URI_SCHEME",
            "REDIRECT_URI_MATCHING",
        )
    },
    "PKCE_REQUIRED": True,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    # Our issuer, in answers to authorization requests.
    "OIDC_ISS_ENDPOINT": _settings.portal_base,
    "SCOPES": {},
    "DEFAULT_SCOPES": [],
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = _settings.var_dir / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.static_files.FoldingStaticFilesStorage"},
}
MEDIA_ROOT = _settings.var_dir / "media"
MEDIA_URL = "/media/"

_mail = urlsplit(_settings.email_url)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail.scheme == 'smtp' else 'console'}.EmailBackend"
EMAIL_HOST = _mail.hostname or "localhost"
EMAIL_PORT = _mail.port or 25
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_USE_TLS = bool(_mail.username)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = _settings.email_from

SECURE_SSL_REDIRECT = _settings.require_tls
#: Who restarts processes and balances load asks from inside, where there is no TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _settings.require_tls else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _settings.require_tls
SECURE_HSTS_PRELOAD = _settings.require_tls
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _settings.trusted_proxies else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _settings.require_tls
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [_settings.portal_base]
CSRF_FAILURE_VIEW = "portal.pages.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
WAGTAIL_SITE_NAME = _settings.brand
WAGTAILADMIN_BASE_URL = _settings.portal_base
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAILDOCS_EXTENSIONS = ["csv", "pdf", "txt", "yaml", "json", "zip"]
#: Guides are read by everybody, published by who may, and saved when somebody says so.
WAGTAIL_WORKFLOW_ENABLED = False
WAGTAILADMIN_COMMENTS_ENABLED = False
WAGTAIL_AUTOSAVE_INTERVAL = 0
WAGTAILIMAGES_IMAGE_MODEL = "guides.GuideImage"
#: No SVG: it is a program.
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpeg", "jpg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 5 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 24_000_000

LOGGING_CONFIG = None
configure_logs(_settings.log_level)
