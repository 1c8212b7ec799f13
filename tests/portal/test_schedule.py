"""What runs by itself: when it is due, one at a time among all workers, whatever the others do."""

import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.locks import only_one
from portal.models import ScheduledRun
from portal.schedule import SCHEDULE, Line, run_due

pytestmark = pytest.mark.django_db(transaction=True)
#: Another process that takes the lock, says so, and holds it until its standard input ends.
HOLDER = """
import sys, django
django.setup()
from audit.locks import only_one
with only_one(sys.argv[1]) as is_ours:
    print(is_ours, flush=True)
    sys.stdin.read()
"""


def hold(name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, name]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    return holder


def test_a_line_runs_when_it_is_due_and_not_before() -> None:
    runs: list[str] = []
    line = Line("remind", 60, lambda: runs.append("remind"))
    run_due((line,))
    run_due((line,))
    assert runs == ["remind"]
    ScheduledRun.objects.update(started_at=timezone.now() - timedelta(seconds=61))
    run_due((line,))
    assert runs == ["remind"] * 2


def test_a_line_that_fails_holds_up_no_other() -> None:
    runs: list[str] = []
    run_due((Line("broken", 60, lambda: 1 / 0), Line("sound", 60, lambda: runs.append("sound"))))
    assert runs == ["sound"]


def test_a_line_that_another_worker_runs_is_left_to_it_until_that_worker_dies() -> None:
    runs: list[str] = []
    line = Line("long work", 60, lambda: runs.append("here"))
    holder = hold("schedule-long-work")
    try:
        run_due((line,))
        assert runs == []
    finally:
        holder.kill()
        holder.communicate()
    run_due((line,))
    assert runs == ["here"]


def test_a_lock_is_free_again_after_an_error() -> None:
    for _ in range(2):
        with suppress(LookupError), only_one("chain") as is_ours:
            assert is_ours
            raise LookupError


def test_the_lines_have_names_of_their_own() -> None:
    assert len({line.name for line in SCHEDULE}) == len(SCHEDULE)
