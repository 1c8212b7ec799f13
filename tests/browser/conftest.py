"""The running installation with a cast in it, and the windows of that cast."""

from collections.abc import Iterator

import pytest

from tests.browser.windows import Windows, running_chromium
from tests.browser.world import World, furnished
from tests.stack import Stack


@pytest.fixture(scope="package")
def world(stack: Stack) -> World:
    """What is in the installation."""
    return furnished(stack)


@pytest.fixture(scope="package")
def windows(world: World) -> Iterator[Windows]:
    """One browser for all tests of this folder, closed before any other test runs."""
    with running_chromium() as browser:
        yield Windows(browser, world)
