"""Times as a configuration writes them, against the standard library's calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.moments import epoch_seconds

ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 28), timezones=ZONES))
def test_as_the_standard_library_reads_it(moment: datetime) -> None:
    assert epoch_seconds(moment.isoformat()) == pytest.approx(moment.timestamp(), abs=1e-4)


@given(st.datetimes(timezones=st.just(UTC)))
def test_z_is_utc(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert epoch_seconds(f"{whole.replace(tzinfo=None).isoformat()}Z") == whole.timestamp()


@given(st.text(alphabet="0123456789-:TZ+. tz", max_size=30))
def test_never_raises_and_is_never_laxer_than_the_standard_library(text: str) -> None:
    if epoch_seconds(text) is not None and not text.startswith("0000"):
        datetime.fromisoformat(text[:19])


NONE = """2026-02-29T00:00:00Z 1900-02-29T00:00:00Z 2026-04-31T00:00:00Z 2026-13-01T00:00:00Z 2026-00-01T00:00:00Z
2026-01-00T00:00:00Z 2026-01-01T24:00:00Z 2026-01-01T00:60:00Z 2026-01-01T00:00:60Z 2026-01-01T00:00:00 2026-01-01
2026-01-01t00:00:00Z 2026-01-01T00:00:00z 2026-01-01T00:00:00+24:00 2026-01-01T00:00:00+00:60 2026-01-01T00:00:00.Z
2026-1-1T00:00:00Z 2026-01-01T00:00:00ZZ ２026-01-01T00:00:00Z""".split()


@pytest.mark.parametrize("text", ["", " ", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00Z\n", *NONE])
def test_no_time(text: str) -> None:
    assert epoch_seconds(text) is None


def test_a_leap_day_of_a_century() -> None:
    assert epoch_seconds("2000-02-29T00:00:00Z") == datetime(2000, 2, 29, tzinfo=UTC).timestamp()
