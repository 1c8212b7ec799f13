"""The rows of the table: our gateway stage by stage beside others, all on the same upstream and load generator."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import programs
from bench.figures import Paced, Round, cost
from bench.ground import Ground, Row
from bench.processes import Server

ROUNDS = 7
SECONDS = 2.0
PACED_ROUNDS = 5
_WARM_SECONDS = 0.7
KEYS = 10
_TARGET = "/bench/v10/people/1"
KEY, TOKEN = "ours: key, call log", "ours: token, call log"
#: Consumers whose plan holds what the stage's name says, see bench.scene.
STAGES = {KEY: "log", "ours: + 2 limits": "limits", "ours: + masks (all on)": "all"}
ALL_ON = "ours: + masks (all on)"
IN_TURN = "ours: all on, keys in turn"
PLAIN = "ours: all on, not compiled"
DIRECT = "upstream alone"


class Measured(NamedTuple):
    """What a row's rounds gave; `memory_bytes` after them. `direct` is the upstream alone at the row's half load."""

    rounds: list[Round]
    paced: list[Paced]
    direct: list[Paced]
    memory_bytes: int


def make_rows(ground: Ground, wanted: tuple[str, ...] = ()) -> list[Row]:
    """Start whatever can be had, or of it only rows in whose names one of the `wanted` stands."""
    keys = ground.scene.new_keys("all", KEYS)
    bare = ground.scene.write_requests("bare", keys, ["/people/1"])
    rows = [Row(name, server, bare) for name, server in _peers(ground, keys, wanted).items()]
    return [row for row in (*rows, *_own_rows(ground, keys)) if is_wanted(row.name, wanted)]


def is_wanted(name: str, wanted: tuple[str, ...]) -> bool:
    """Whether a row is among those that were asked for; nothing asked for means all."""
    return not wanted or any(part in name for part in wanted)


def _own_rows(ground: Ground, keys: list[str]) -> list[Row]:
    rows = []
    gateway = ground.gateway()
    for name, consumers in STAGES.items():
        its_keys = keys if consumers == "all" else ground.scene.new_keys(consumers, KEYS)
        rows.append(Row(name, gateway, ground.scene.write_requests(consumers, its_keys, [_TARGET]), is_ours=True))
    tokens = ground.scene.write_requests("token", ground.scene.new_tokens("log", KEYS), [_TARGET])
    in_turn = Row(IN_TURN, gateway, rows[-1].requests, is_ours=True, in_turn=True)
    plain = Row(PLAIN, ground.gateway(GATEWAY_COMPILED="false"), rows[-1].requests, is_ours=True)
    return [*rows, in_turn, Row(TOKEN, gateway, tokens, is_ours=True), plain]


def _peers(ground: Ground, keys: list[str], wanted: tuple[str, ...]) -> dict[str, Server]:
    peers: dict[str, tuple[str, Callable[[Path], Server]]] = {
        "nginx, bare proxy": ("nginx", ground.nginx),
        "HAProxy, bare proxy": ("haproxy", ground.haproxy),
        "Envoy, key, limit, log": ("envoy", lambda program: ground.envoy(program, keys)),
    }
    chosen = {name: peer for name, peer in peers.items() if is_wanted(name, wanted)}
    return {name: start(program) for name, (word, start) in chosen.items() if (program := programs.find(word))}


def half_load(rows: list[Row], measured: dict[str, Measured]) -> tuple[Row, float]:
    """All on, and half of what it bears."""
    row = next(row for row in rows if row.name == ALL_ON)
    return row, cost(measured[ALL_ON].rounds).calls_per_second / 2


def press_rows(ground: Ground, rows: list[Row]) -> dict[str, list[Round]]:
    """Interleaved rounds under full load."""
    for row in rows:
        ground.press(row, _WARM_SECONDS)
    rounds: dict[str, list[Round]] = {row.name: [] for row in rows}
    for number in range(ROUNDS):
        print(f"==> Round {number + 1} of {ROUNDS}, full load", flush=True)
        for row in rows:
            rounds[row.name].append(ground.press(row, SECONDS))
    return rounds


def measure_rows(ground: Ground, rows: list[Row]) -> dict[str, Measured]:
    """Interleaved rounds under full load, then interleaved rounds at half of each row's load."""
    measured = {name: Measured(rounds, [], [], 0) for name, rounds in press_rows(ground, rows).items()}
    direct = Row(DIRECT, ground.upstream, ground.scene.write_requests("direct", ["none"], ["/people/1"]))
    for number in range(PACED_ROUNDS):
        print(f"==> Round {number + 1} of {PACED_ROUNDS}, half load", flush=True)
        for row in rows:
            rate = cost(measured[row.name].rounds).calls_per_second / 2
            measured[row.name].paced.append(ground.pace(row, SECONDS / 2, rate))
            if row.name == ALL_ON:
                measured[row.name].direct.append(ground.pace(direct, SECONDS / 2, rate))
    return {row.name: measured[row.name]._replace(memory_bytes=row.server.memory_bytes()) for row in rows}
