"""What grows with what: the same load on ever more keys, operations, bytes and rules, in interleaved rounds."""

from typing import NamedTuple

from bench.documents import SIZES_KB
from bench.figures import Round
from bench.ground import CONNECTIONS, Ground, Row
from bench.scene import OPERATIONS, RULES

KEYS = (10, 10_000)
KEYS_FULL = 1_000_000
_ROUNDS = 5
_SECONDS = 1.0
#: Longer than a gateway keeps what it sent to Valkey: that is the calls', not the keys'.
_KEPT_SECONDS = 4.0
#: A worker masks one answer at a time: with many at once of a megabyte each, calls would wait for seconds.
_CONNECTIONS_LARGE = 4
#: Keys are called for the first time at a pace: what is kept of the last seconds' calls is the same before and after.
_FIRST_CALLS_PER_SECOND = 2_000.0
_FIRST_CALLS_SECONDS_MAX = 60.0
_OTHER_KEYS = 5_000
_TARGET = "/bench/v10/people/1"


class Growth(NamedTuple):
    """Rounds by subject (`keys`, `operations`, `body_kb`, `rules`) and size."""

    rounds: dict[str, dict[int, list[Round]]]
    bytes_per_cached_key: float


def measure_growth(ground: Ground, *, is_full: bool) -> Growth:
    """A gateway of its own for each number of keys, since what was called once stays in memory; one for the rest."""
    print("==> Growth", flush=True)
    sizes = (*KEYS, KEYS_FULL) if is_full else KEYS
    keys = {size: _with_keys(ground, size) for size in sizes}
    subjects = {"keys": {size: row for size, (row, _) in keys.items()}, **_subjects(ground)}
    rounds = {subject: _interleaved(ground, rows) for subject, rows in subjects.items()}
    return Growth(rounds, keys[sizes[-1]][1])


def _with_keys(ground: Ground, count: int) -> tuple[Row, float]:
    """A gateway that has called `count` keys, and how many bytes each of them took in its memory.

    Before them as many others are called as fill what is bounded, which no key adds to.
    """
    warm = ground.scene.write_requests(f"warm{count}", ground.scene.new_keys("all", _OTHER_KEYS), [_TARGET])
    name = ground.scene.write_requests(f"keys{count}", ground.scene.new_keys("all", count), [_TARGET])
    server = ground.gateway(GATEWAY_CACHE_MAX_RECORDS=str(4 * KEYS_FULL))
    others = Row("other keys", server, warm, _OTHER_KEYS, CONNECTIONS, is_ours=True, in_turn=True)
    row = Row(f"{count} keys", server, name, count, CONNECTIONS, is_ours=True, in_turn=True)
    rate = max(_FIRST_CALLS_PER_SECOND, count / _FIRST_CALLS_SECONDS_MAX)
    before = _memory_after(ground, others, rate)
    ground.pace(row, count / rate + _SECONDS, rate)
    return row, (_memory_after(ground, others, rate) - before) / count


def _memory_after(ground: Ground, row: Row, calls_per_second: float) -> int:
    """Memory in use once all that is kept of the last seconds' calls is of this row's."""
    ground.pace(row, _KEPT_SECONDS, calls_per_second)
    return row.server.memory_bytes()


def _subjects(ground: Ground) -> dict[str, dict[int, Row]]:
    server, scene = ground.gateway(), ground.scene
    keys, lists = scene.new_keys("all", 10), scene.new_keys("lists", 10)

    def row(name: str, its_keys: list[str], targets: list[str], connections: int = CONNECTIONS) -> Row:
        count = max(len(its_keys), len(targets))
        return Row(name, server, scene.write_requests(name, its_keys, targets), count, connections, True, True)

    return {
        "operations": {count: row(f"operations{count}", keys, _targets(count)) for count in OPERATIONS},
        "body_kb": {
            size: row(f"body{size}", lists, [f"/bench/v10/lists/{size}"], _CONNECTIONS_LARGE) for size in SIZES_KB
        },
        "rules": {count: row(f"rules{count}", scene.new_keys(f"rules{count}", 10), [_TARGET]) for count in RULES},
    }


def _targets(count: int) -> list[str]:
    """A call of each operation of a version, in turn, of the same answer."""
    return [f"/bench/v{count}/area{at % 100}/things{at}/1" for at in range(count - 2)]


def _call_each(ground: Ground, row: Row) -> None:
    """Call until each of a row's requests was sent twice: some of what is kept is kept of the second one only."""
    called = 0
    while called < 2 * row.count:
        called += ground.press(row, _SECONDS).calls


def _interleaved(ground: Ground, rows: dict[int, Row]) -> dict[int, list[Round]]:
    rounds: dict[int, list[Round]] = {size: [] for size in rows}
    for row in rows.values():
        _call_each(ground, row)
    for _ in range(_ROUNDS):
        for size, row in rows.items():
            rounds[size].append(ground.press(row, _SECONDS))
    return rounds
