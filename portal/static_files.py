"""One stylesheet for browsers, many files for us: layered imports are folded in when static files are collected."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>\w+)\);')
BUNDLES = ("css/portal.css", "css/staff.css")


class FoldedStylesheet:
    """Opens a stylesheet with each layered import replaced by the layer's text."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def open(self, path: str) -> ContentFile:
        folded = IMPORT.sub(lambda found: self._layer(path, found), self._read(path))
        return ContentFile(folded.encode())

    def _layer(self, path: str, found: re.Match[str]) -> str:
        part = PurePosixPath(path).parent / found["path"]
        return f"@layer {found['layer']} {{\n{self._read(str(part))}}}"

    def _read(self, path: str) -> str:
        with self.storage.open(path) as file:
            return str(file.read().decode())


class FoldingStaticFilesStorage(CompressedManifestStaticFilesStorage):
    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        for name in BUNDLES:
            if name in paths:
                storage, path = paths[name]
                paths[name] = (FoldedStylesheet(storage), path)
        yield from super().post_process(paths, dry_run, **options)
