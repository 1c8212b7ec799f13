"""The one settings module: environment variables, typed, checked at start, secrets from files.

Every setting is read from the environment under its own name in capitals. A secret may stand in a file instead:
`KEY_PEPPER_FILE=/run/secrets/pepper`. Without either, the file `VAR_DIR/secrets/<name>` is read, which is where
`make setup` puts the embedded installation's secrets. A value that does not fit ends the process with one line.
"""

import os
import secrets
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from contract.addresses import (
    check_database_url,
    check_issuer,
    check_mail_url,
    check_networks,
    check_public_url,
    check_valkey_url,
    is_loopback,
    valkey_database,
    with_database,
)
from contract.gateway_settings import GatewaySettings

SECRET_NAMES = ("secret_key", "key_pepper", "mask_hash_key", "identity_key", "storage_key", "audit_key")
OPTIONAL_SECRET_NAMES = ("leak_report_token", "metrics_token")
#: Given by others, who choose their length.
FOREIGN_SECRET_NAMES = ("oidc_client_secret",)
_SHORTEST_SECRET = 32

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(GatewaySettings):
    """All settings of all processes. Units stand last in the names."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    var_dir: Path = Field(Path("var"), description="Folder for everything that is written.")
    portal_port: Port = Field(8000, description="Port of the portal.")
    gateway_port: Port = Field(8080, description="Port of the gateway.")
    upstream_port: Port = Field(9000, description="Port of the sample upstream.")
    gateway_workers: int = Field(1, ge=1, le=64, description="Gateway processes.")
    gateway_host: str = Field("127.0.0.1", description="Address the gateway listens on.")
    portal_url: str = Field("", description="Public address of the portal; default http://localhost:PORTAL_PORT.")
    gateway_url: str = Field("", description="Public address of the gateway; default http://localhost:GATEWAY_PORT.")
    database_url: str = Field("", description="postgresql://… or sqlite:///…; default SQLite in VAR_DIR.")
    redis_url: str = Field("", description="redis://… or unix://…; default the embedded Valkey of VAR_DIR.")
    cache_database: int = Field(1, ge=0, le=15, description="Valkey database number of Django's cache.")
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        ["localhost", "127.0.0.1"], description="Host names of the portal, separated by commas."
    )
    require_tls: bool = Field(True, description="Refuse plain HTTP, send HSTS, mark cookies secure.")
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        [], description="Networks whose X-Forwarded-For and X-Request-Id are believed, separated by commas."
    )
    reauthenticate_after_seconds: int = Field(
        900, ge=60, description="A sign-in older than this must be repeated before keys, members or factors change."
    )
    access_token_seconds: int = Field(600, ge=60, le=3600, description="How long an OAuth access token is good for.")
    refresh_token_days: int = Field(30, ge=1, le=365, description="A refresh token unused for so long ends.")
    brand: str = Field("Portcullis", description="Name shown on pages and in mails.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged.")
    email_url: str = Field("console://", description="console:// or smtp://user:password@host:port")
    email_from: str = Field("portcullis@localhost", description="Sender of our mails.")
    audit_anchor: Path | None = Field(
        None, description="File that keeps the audit chain's heads; default VAR_DIR/audit-anchor.ndjson."
    )
    secret_key: SecretStr = Field(description="Signs sessions and forms.")
    key_pepper: SecretStr = Field(description="Keys the digests of API keys.")
    mask_hash_key: SecretStr = Field(description="Keys the hash action of masks.")
    identity_key: SecretStr = Field(description="Signs the identity assertion sent to upstreams.")
    storage_key: SecretStr = Field(description="Encrypts secrets at rest, such as upstream credentials.")
    audit_key: SecretStr = Field(description="Keys the audit chain; whoever has it can forge the chain.")
    leak_report_token: SecretStr | None = Field(
        None, description="Secret scanners show it to POST /api/leaks; empty: not offered."
    )
    oidc_issuer: str = Field("", description="OpenID provider that signs in end users; empty: not offered.")
    oidc_client_id: str = Field("", max_length=191, description="This portal's name at the OpenID provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="This portal's secret at the OpenID provider.")
    oidc_name: str = Field("", max_length=40, description="What people call the OpenID provider.")

    @field_validator("allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("redis_url")
    @classmethod
    def _valkey(cls, value: str) -> str:
        return check_valkey_url(value)

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        return check_database_url(value)

    @field_validator("portal_url", "gateway_url")
    @classmethod
    def _public(cls, value: str) -> str:
        return check_public_url(value)

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        return check_issuer(value)

    @field_validator("email_url")
    @classmethod
    def _mail(cls, value: str) -> str:
        return check_mail_url(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        return check_networks(value)

    @field_validator(*SECRET_NAMES, *OPTIONAL_SECRET_NAMES)
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"shorter than {_SHORTEST_SECRET} characters")
        return value

    @model_validator(mode="after")
    def _cache_apart(self) -> Self:
        if valkey_database(self.redis_url or "unix:///embedded") == self.cache_database:
            raise ValueError("CACHE_DATABASE is the database of REDIS_URL: clearing the cache would empty it")
        return self

    @model_validator(mode="after")
    def _provider_whole(self) -> Self:
        parts = [self.oidc_issuer, self.oidc_client_id, self.oidc_name, _text_of(self.oidc_client_secret)]
        if any(parts) and not all(parts):
            raise ValueError(
                "OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_NAME go together: set all or none"
            )
        return self

    @model_validator(mode="after")
    def _metrics_guarded(self) -> Self:
        if self.metrics_port and not self.metrics_token and not is_loopback(self.metrics_host):
            raise ValueError("METRICS_TOKEN is not set: without it METRICS_HOST must be an address such as 127.0.0.1")
        return self

    @property
    def portal_base(self) -> str:
        """The portal's public address without a slash at the end."""
        return (self.portal_url or f"http://localhost:{self.portal_port}").rstrip("/")

    @property
    def gateway_base(self) -> str:
        """The gateway's public address without a slash at the end."""
        return (self.gateway_url or f"http://localhost:{self.gateway_port}").rstrip("/")

    @property
    def sqlite_path(self) -> Path:
        """Where the embedded database stands."""
        return self.var_dir / "portcullis.sqlite3"

    @property
    def anchor_path(self) -> Path:
        """Where the audit chain's heads are kept, outside the database."""
        return self.audit_anchor or self.var_dir / "audit-anchor.ndjson"

    @property
    def valkey_url(self) -> str:
        """REDIS_URL, or the embedded Valkey's socket as noted in VAR_DIR (empty where none was ever started)."""
        note = self.var_dir / "valkey.socket"
        if self.redis_url or not note.exists():
            return self.redis_url
        return f"unix://{note.read_text().strip()}"

    @property
    def cache_url(self) -> str:
        """Django's cache: the same server, a database of its own, because clearing it empties that database."""
        return with_database(self.valkey_url or "redis://127.0.0.1:1", self.cache_database)

    def secret_bytes(self, name: str) -> bytes:
        """A secret's value. Raises AttributeError for a name that is no secret of ours."""
        value: SecretStr = getattr(self, name)
        return value.get_secret_value().encode()


def _text_of(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def create_missing_secrets(var_dir: Path) -> None:
    """Give the embedded installation its own random secrets, once. Raises OSError where the folder is not writable."""
    folder = var_dir / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in SECRET_NAMES:
        if not (path := folder / name).exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))


def _secrets_from_files() -> dict[str, str]:
    """Values of secrets that stand in files; the environment's own value goes first. Raises OSError."""
    folder = Path(os.environ.get("VAR_DIR") or "var") / "secrets"
    found = {}
    for name in (*SECRET_NAMES, *OPTIONAL_SECRET_NAMES, *FOREIGN_SECRET_NAMES):
        if os.environ.get(name.upper()):
            continue
        named = os.environ.get(f"{name.upper()}_FILE")
        path = Path(named) if named else folder / name
        if named or path.exists():
            found[name] = path.read_text().strip()
    return found


def read_settings() -> Settings:
    """Read and check. Raises ValidationError, and OSError for a secret file that cannot be read."""
    return Settings(**_secrets_from_files())  # type: ignore[arg-type]


@cache
def settings() -> Settings:
    """The settings of this process; a bad value ends it with one clear line."""
    try:
        return read_settings()
    except ValidationError as error:
        problems = "; ".join(_sentence(item["loc"], item["msg"], item["type"]) for item in error.errors())
        sys.exit(f"Settings: {problems}")
    except OSError as error:
        sys.exit(f"Settings: cannot read {error.filename}: {error.strerror}")


def _sentence(location: tuple[int | str, ...], message: str, kind: str) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    name = str(location[0]).upper()
    if kind == "missing":
        return f"{name} is not set (set it, or {name}_FILE, or run `make setup` for the embedded installation)"
    return f"{name} is not valid: {message.removeprefix('Value error, ')}"
