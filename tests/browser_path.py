"""Where the browser is."""

import os
import shutil


def chromium_path() -> str | None:
    """CHROMIUM, or the one on the path (Debian's is called chromium); None where there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
