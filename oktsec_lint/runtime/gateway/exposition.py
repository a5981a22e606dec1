"""Tallies in the text format that Prometheus scrapes. Imported by the first scrape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import CollectorRegistry

from .tallies import BOUNDS, Gauges, Key, Tallies

_COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "oktsec_requests": ("Requests of clients by what became of them.", ("era", "method", "outcome")),
    "oktsec_entrance_refusals": ("Requests that were not let in, by HTTP status.", ("status",)),
    "oktsec_decisions": ("Messages that a gate decided about.", ("decision", "level", "family")),
    "oktsec_journal_failures": ("Decisions that could not be written into the journal.", ()),
    "oktsec_bytes": ("Bytes of messages from (in) and to (out) clients.", ("direction",)),
    "oktsec_reloads": ("Configurations that were read again.", ("outcome",)),
    "oktsec_relayed": ("Requests that another worker had to answer.", ()),
}
_HISTOGRAMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "oktsec_request_seconds": ("From a request to its answer, as its client sees it.", ("era",)),
    "oktsec_judge_seconds": ("From a message to the decision about it, journal included.", ("direction",)),
    "oktsec_server_seconds": ("From a forwarded request to the server's answer.", ("server",)),
}
_GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "oktsec_server_state": ("Workers that see a server in this state.", ("server", "state")),
    "oktsec_server_sessions": ("Open sessions with a server.", ("server",)),
    "oktsec_clients": ("Clients that are known.", ("era",)),
    "oktsec_requests_running": ("Requests that are being answered.", ()),
    "oktsec_held_calls": ("Calls that wait for somebody's decision with their client still there.", ()),
    "oktsec_workers": ("Processes that answer.", ()),
}


def exposed(tallies: Tallies, gauges: Gauges) -> bytes:
    """The page `/metrics`."""
    registry = CollectorRegistry()
    registry.register(_Collector(tallies, gauges))
    return generate_latest(registry)


_Value = TypeVar("_Value")


class _Collector:
    def __init__(self, tallies: Tallies, gauges: Gauges) -> None:
        self._tallies = tallies
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        for name, (text, labels) in _COUNTERS.items():
            counter = CounterMetricFamily(name, text, labels=labels)
            for key, value in _of(name, self._tallies.counts):
                counter.add_metric(key, value)
            if not labels and not counter.samples:
                counter.add_metric((), 0)
            yield counter
        for name, (text, labels) in _HISTOGRAMS.items():
            histogram = HistogramMetricFamily(name, text, labels=labels)
            for key, spread in _of(name, self._tallies.spreads):
                histogram.add_metric(key, _buckets(spread), spread[-1])
            yield histogram
        for name, (text, labels) in _GAUGES.items():
            gauge = GaugeMetricFamily(name, text, labels=labels)
            for key, value in _of(name, self._gauges):
                gauge.add_metric(key, value)
            yield gauge


def _of(name: str, values: Mapping[Key, _Value]) -> list[tuple[Key, _Value]]:
    return [(key[1:], values[key]) for key in sorted(values) if key[0] == name]


def _buckets(spread: list[float]) -> list[tuple[str, float]]:
    """Cumulative, as the format wants them."""
    found: list[tuple[str, float]] = []
    total = 0.0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), spread, strict=False):
        total += count
        found.append((bound, total))
    return found
