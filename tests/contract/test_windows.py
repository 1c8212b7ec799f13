"""Quota windows: every moment lies in exactly one, and windows follow on one another."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.windows import Period, Window, window_at

PERIODS = st.sampled_from(["day", "month"])
MOMENTS = st.integers(0, 4_102_444_800_000)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def readable(window: Window) -> tuple[str, str]:
    return tuple(datetime.fromtimestamp(edge / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") for edge in window)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("period", "now", "anchor", "window"),
    [
        ("day", "2026-03-29 01:30", None, ("2026-03-29 00:00:00", "2026-03-30 00:00:00")),  # clocks change in Europe
        ("day", "2026-10-25 23:59:59.999", None, ("2026-10-25 00:00:00", "2026-10-26 00:00:00")),
        ("day", "2026-01-01 00:00", None, ("2026-01-01 00:00:00", "2026-01-02 00:00:00")),
        ("day", "2026-05-05 14:59:59.999", "2026-01-01 15:00", ("2026-05-04 15:00:00", "2026-05-05 15:00:00")),
        ("day", "2026-05-05 15:00", "2026-01-01 15:00", ("2026-05-05 15:00:00", "2026-05-06 15:00:00")),
        ("month", "2026-02-28 23:59:59.999", None, ("2026-02-01 00:00:00", "2026-03-01 00:00:00")),
        ("month", "2028-02-29 12:00", None, ("2028-02-01 00:00:00", "2028-03-01 00:00:00")),
        ("month", "2026-12-31 23:59:59", None, ("2026-12-01 00:00:00", "2027-01-01 00:00:00")),
        ("month", "2026-03-01 00:00", None, ("2026-03-01 00:00:00", "2026-04-01 00:00:00")),
        ("month", "2026-02-28 09:59", "2026-01-31 10:00", ("2026-01-31 10:00:00", "2026-02-28 10:00:00")),
        ("month", "2026-02-28 10:00", "2026-01-31 10:00", ("2026-02-28 10:00:00", "2026-03-31 10:00:00")),
        ("month", "2028-02-29 10:00", "2026-01-31 10:00", ("2028-02-29 10:00:00", "2028-03-31 10:00:00")),
        ("month", "2026-04-30 11:00", "2026-01-31 10:00", ("2026-04-30 10:00:00", "2026-05-31 10:00:00")),
        ("month", "2026-01-02 00:00", "2025-12-15 08:00", ("2025-12-15 08:00:00", "2026-01-15 08:00:00")),
    ],
)
def test_a_window_holds_its_moment(period: Period, now: str, anchor: str | None, window: tuple[str, str]) -> None:
    assert readable(window_at(period, ms(now), ms(anchor) if anchor else 0)) == window


@given(period=PERIODS, now=MOMENTS, anchor=MOMENTS)
def test_every_moment_lies_in_its_window(period: Period, now: int, anchor: int) -> None:
    start, end = window_at(period, now, anchor)
    assert start <= now < end


@given(period=PERIODS, now=MOMENTS, anchor=MOMENTS)
def test_windows_follow_on_one_another_without_gap_or_overlap(period: Period, now: int, anchor: int) -> None:
    window = window_at(period, now, anchor)
    assert window_at(period, window.start_ms, anchor) == window
    assert window_at(period, window.end_ms - 1, anchor) == window
    assert window_at(period, window.end_ms, anchor).start_ms == window.end_ms
    assert window_at(period, window.start_ms - 1, anchor).end_ms == window.start_ms


@given(now=MOMENTS, anchor=MOMENTS)
def test_a_month_has_28_to_31_days_and_a_day_24_hours(now: int, anchor: int) -> None:
    month, day = window_at("month", now, anchor), window_at("day", now, anchor)
    assert 28 <= (month.end_ms - month.start_ms) / 86_400_000 <= 31
    assert day.end_ms - day.start_ms == 86_400_000
