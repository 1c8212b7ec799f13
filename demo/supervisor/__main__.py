"""`python -m demo.supervisor run|setup|reset|code`, which is what make calls."""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import IO

from contract.settings import Settings, create_missing_secrets, settings
from demo.supervisor.checks import check_database_file, check_ports
from demo.supervisor.child import die_with_parent
from demo.supervisor.demo_file import describe, write_private
from demo.supervisor.ending import Ending
from demo.supervisor.pids import stop_leftovers
from demo.supervisor.preparation import is_prepared, prepare
from demo.supervisor.programs import early_programs, late_programs
from demo.supervisor.refusal import Refusal, StopRequested
from demo.supervisor.screen import say, show_ready, totp_code
from demo.supervisor.stack import Stack
from demo.supervisor.valkey import forget_socket_folder, make_socket_folder, valkey_program
from demo.supervisor.var_folder import delete_known_content, hold, make_writable, note_state, var_folder
from demo.traffic import make_sample_calls


def run(folder: Path) -> None:
    """Everything, in the foreground, until a signal comes."""
    ending = Ending()
    ending.listen()
    if "MAKELEVEL" in os.environ:
        die_with_parent()
    started = time.monotonic()
    make_writable(folder)
    with hold(folder) as lock:
        stop_leftovers(folder / "pids.json", say)
        _run_held(_checked_settings(folder), started, ending, lock)


def _run_held(chosen: Settings, started: float, ending: Ending, lock: IO[str]) -> None:
    stack = Stack(chosen.var_dir, _environment(), say)
    try:
        _start(stack, chosen, started)
        stack.watch()
    except StopRequested:
        say("Stopping; once more kills what is left")
    finally:
        ending.begin(stack.kill)
        note_state(lock, "stopping")
        stack.stop()
        forget_socket_folder(chosen.var_dir / "valkey.socket")


def _start(stack: Stack, chosen: Settings, started: float) -> None:
    folder = chosen.var_dir
    (folder / "demo.json").unlink(missing_ok=True)
    if not chosen.redis_url:
        socket_path = make_socket_folder(folder / "valkey.socket")
        say("Starting the embedded Valkey")
        stack.start([valkey_program(socket_path, folder / "valkey")])
        stack.wait_until_healthy()
    _start_programs(stack, chosen)
    make_sample_calls(chosen)
    demo = describe(chosen)
    write_private(folder / "demo.json", demo)
    show_ready(demo, folder, time.monotonic() - started)


def _start_programs(stack: Stack, chosen: Settings) -> None:
    """All at once where the database is known to fit, else those that need it after it has been made to."""
    early, late = early_programs(chosen), late_programs(chosen, chosen.var_dir / "log")
    at_once = is_prepared(chosen.var_dir)
    say("Starting all programs" if at_once else "Starting gateway and sample upstream")
    stack.start([*early, *late] if at_once else early)
    prepare(chosen.var_dir, _environment())
    if not at_once:
        say("Starting worker and portal")
        stack.start(late)
    stack.wait_until_healthy()


def _checked_settings(folder: Path) -> Settings:
    create_missing_secrets(folder)
    os.environ.setdefault("REQUIRE_TLS", "false")
    chosen = settings()
    check_ports(chosen)
    check_database_file(chosen.sqlite_path)
    return chosen


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "portal.settings"}


def setup(folder: Path) -> None:
    """Make the folder and the embedded installation's own secrets."""
    make_writable(folder)
    create_missing_secrets(folder)
    say(f"Ready to run: make demo (it will write to {folder})")


def reset(folder: Path) -> None:
    """Delete what the demo wrote; refuses while it runs."""
    if not folder.is_dir():
        return say(f"{folder} does not exist: nothing to delete")
    with hold(folder):
        stop_leftovers(folder / "pids.json", say)
        forget_socket_folder(folder / "valkey.socket")
        delete_known_content(folder)
    return say(f"Deleted what the demo wrote to {folder}")


def code(folder: Path) -> None:
    """Print the staff login's one-time code of this moment."""
    try:
        secret = json.loads((folder / "demo.json").read_text())["staff"]["totp_secret"]
    except FileNotFoundError:
        raise Refusal(f"{folder}/demo.json is not there: run `make demo` first") from None
    print(totp_code(secret, time.time()))


def main() -> None:
    commands = {"run": run, "setup": setup, "reset": reset, "code": code}
    parser = argparse.ArgumentParser(prog="python -m demo.supervisor", description=__doc__)
    parser.add_argument("command", choices=commands)
    try:
        commands[parser.parse_args().command](var_folder())
    except Refusal as refusal:
        sys.exit(f"portcullis: {refusal}")
    except OSError as error:
        sys.exit(f"portcullis: {error.strerror}: {error.filename}")
    except StopRequested:
        sys.exit("portcullis: stopped before anything was started")


if __name__ == "__main__":
    main()
