"""The sample guides, from `demo/guides/*.yaml`: put in once, then left to whoever edits them."""

from pathlib import Path
from typing import Any

import yaml
from wagtail.models import PageLogEntry

from audit.actors import Actor
from catalog.models import Api, Operation
from guides.writes import publish_guide

FOLDER = Path(__file__).parent / "guides"


def seed_guides(api: Api, *, actor: Actor) -> None:
    """Publish the samples, unless somebody has ever worked on guides here."""
    if PageLogEntry.objects.exists():
        return
    for path in sorted(FOLDER.glob("*.yaml")):
        said = yaml.safe_load(path.read_text())
        body = [_block(block, api) for block in said["body"]]
        publish_guide(
            said["slug"],
            title=said["title"],
            summary=said["summary"],
            body=body,
            api=api if said.get("api") == api.slug else None,
            actor=actor,
        )


def _block(said: dict[str, Any], api: Api) -> tuple[str, Any]:
    """`v2 GET /patients` names an operation of the API."""
    [(kind, value)] = said.items()
    if kind != "operation":
        return kind, value
    version, method, path = value.split(" ")
    return kind, Operation.objects.get(version__api=api, version__name=version, method=method, path=path).public_id
