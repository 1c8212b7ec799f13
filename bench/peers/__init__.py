"""Other gateways, configured to be as fast as they are: the files beside this one are what they run with."""

import json
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent


def nginx(program: Path, folder: Path, port: int, upstream_port: int) -> list[str]:
    """The command of a bare proxy."""
    config = _written(folder, "nginx.conf", work=folder, port=port, upstream_port=upstream_port)
    return [str(program), "-e", "stderr", "-p", str(folder), "-c", str(config)]


def haproxy(program: Path, folder: Path, port: int, upstream_port: int) -> list[str]:
    """The command of a bare proxy."""
    return [str(program), "-db", "-f", str(_written(folder, "haproxy.cfg", port=port, upstream_port=upstream_port))]


def envoy(program: Path, folder: Path, port: int, upstream_port: int, keys: list[str]) -> list[str]:
    """The command of a gateway that checks these keys, limits and logs."""
    credentials = json.dumps([{"key": key, "client": f"client{at}"} for at, key in enumerate(keys)])
    config = _written(folder, "envoy.yaml", port=port, upstream_port=upstream_port, credentials=credentials)
    quiet = ["--log-level", "error", "--disable-hot-restart"]
    return [str(program), "--concurrency", "1", *quiet, "-c", str(config)]


def _written(folder: Path, name: str, **values: object) -> Path:
    path = folder / name
    path.write_text(render(name, **values))
    return path


def render(name: str, **values: object) -> str:
    """A configuration with its ports and paths filled in. Raises KeyError where one is missing."""
    return Template((_FOLDER / name).read_text()).substitute(values)
