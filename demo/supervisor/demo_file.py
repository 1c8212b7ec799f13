"""VAR_DIR/demo.json: where everything is and how to get in. It appears when the demo is ready."""

import json
from pathlib import Path
from typing import Any

from contract.settings import Settings

#: Written by the seed: staff, developer, keys, a client, and whether the sample calls have been made.
CREDENTIALS = "secrets/sample.json"
SAMPLE_PATH = "/clinic/v1/practitioners"
MASKED_PATH = "/clinic/v1/practitioners/1"


def describe(settings: Settings) -> dict[str, Any]:
    """What demo.json says. Raises OSError and ValueError where the seed has not written its credentials."""
    credentials = json.loads((settings.var_dir / CREDENTIALS).read_text())
    return {
        "portal": settings.portal_base,
        "gateway": settings.gateway_base,
        "upstream": f"http://localhost:{settings.upstream_port}",
        "staff": credentials["staff"],
        "developer": credentials["developer"],
        "keys": {name: credentials["keys"][name] for name in ("free", "pro")},
        "client": credentials["client"],
        "sample": SAMPLE_PATH,
        "masked": MASKED_PATH,
    }


def write_private(path: Path, facts: dict[str, Any]) -> None:
    """Replace the file in one step, readable by us alone."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(facts, indent=2) + "\n")
    draft.replace(path)
