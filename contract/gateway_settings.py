"""The settings that only the gateway reads: what it accepts, how long it waits, how much it holds."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class GatewaySettings(BaseSettings):
    """Part of contract.settings.Settings. Units stand last in the names."""

    gateway_tls_certificate: Path | None = Field(
        None, description="PEM file of the gateway's certificate chain: HTTPS only. SIGHUP reads it again."
    )
    gateway_tls_key: Path | None = Field(None, description="PEM file of its key, if it is not in the same file.")
    gateway_compiled: bool = Field(
        True, description="Run the hot modules as machine code where `make compiled` has made it of these sources."
    )
    gateway_connections_max: int = Field(8_192, ge=1, description="Client connections of a worker.")
    gateway_connections_per_address_max: int = Field(
        1_024, ge=1, description="Client connections of a worker from one address; trusted proxies are exempt."
    )
    gateway_failed_attempts_per_minute: int = Field(
        120, ge=1, description="Unknown credentials of one network (/24, /48) that a worker looks up."
    )
    gateway_head_max_bytes: int = Field(32_768, ge=1024, description="Longest request line and header block.")
    gateway_target_max_bytes: int = Field(8_192, ge=256, description="Longest path and query string.")
    gateway_headers_max: int = Field(100, ge=8, description="Most header fields of a request.")
    gateway_body_max_bytes: int = Field(1 << 30, ge=0, description="Longest request body.")
    gateway_validated_body_max_bytes: int = Field(
        1 << 20, ge=1024, description="Longest request body that is validated; longer ones are refused or reported."
    )
    gateway_masked_body_max_bytes: int = Field(10 << 20, ge=1024, description="Longest answer that is masked.")
    gateway_head_seconds: float = Field(10, gt=0, description="Time for a request's head, from its first byte.")
    gateway_idle_seconds: float = Field(75, gt=0, description="Time that an idle client connection is kept.")
    gateway_body_seconds: float = Field(30, gt=0, description="Time for a request body, beyond what its size allows.")
    gateway_body_least_bytes_per_second: int = Field(10_000, gt=0, description="Slowest upload that is borne.")
    gateway_write_seconds: float = Field(60, gt=0, description="Time that a client may leave an answer unread.")
    gateway_drain_seconds: float = Field(20, gt=0, description="Time for calls in flight to finish after SIGTERM.")
    gateway_lease_seconds: float = Field(5, gt=0, description="Time that records are trusted without the change feed.")
    gateway_cache_max_records: int = Field(200_000, ge=100, description="Records that a worker keeps in memory.")
    gateway_stream_max_rows: int = Field(
        1_000_000, ge=1000, description="Undrained calls of a slot above which no call is admitted."
    )
    metrics_host: str = Field("127.0.0.1", description="Address on which /metrics is served.")
    metrics_port: int = Field(9464, ge=0, le=65535, description="Port of /metrics; 0: none.")
    metrics_token: SecretStr | None = Field(
        None, description="Secret, sent as Authorization: Bearer, for whoever reads /metrics from another machine."
    )
    valkey_reply_seconds: float = Field(1, gt=0, description="Time that Valkey may take to answer the gateway.")
    upstream_ca_file: Path | None = Field(
        None, description="PEM file of the authorities that sign upstreams' certificates; default the system's."
    )
    upstream_connections_max: int = Field(512, ge=1, description="Connections of a worker to one upstream.")
    upstream_connect_seconds: float = Field(5, gt=0, description="Time to connect to an upstream.")
    upstream_first_byte_seconds: float = Field(30, gt=0, description="Time until an upstream's answer begins.")
    upstream_idle_seconds: float = Field(60, gt=0, description="Longest pause within an upstream's answer.")
    upstream_total_seconds: float = Field(600, gt=0, description="Longest call.")
    upstream_keep_seconds: float = Field(
        4, gt=0, description="Time that an idle upstream connection is kept; less than upstreams keep theirs."
    )
