"""`telemetry.tracing` of a configuration: whether requests are traced, and how many of them."""

from __future__ import annotations

from .config import Config
from .values import NamedTuple


class TracingTerms(NamedTuple):
    """What the configuration says; the environment (`OTEL_*`) may say otherwise."""

    enabled: bool = False
    exporter: str = "stdout"
    """`stdout` or `none`: spans are made for servers to continue, and go nowhere."""
    ratio: float = 1.0
    """Of requests whose client does not say whether they are traced."""
    service: str = "oktsec-lint"


def tracing_of(config: Config) -> TracingTerms:
    """The section, with what it leaves out or gets wrong as its defaults."""
    section = config.settings.get("telemetry")
    tracing = section.get("tracing") if isinstance(section, dict) else None
    if not isinstance(tracing, dict):
        return TracingTerms()
    ratio, service = tracing.get("sampling_ratio"), tracing.get("service_name")
    known = isinstance(ratio, int | float) and not isinstance(ratio, bool) and 0 <= ratio <= 1
    return TracingTerms(
        tracing.get("enabled") is True,
        "none" if tracing.get("exporter") == "none" else "stdout",
        float(ratio) if known and isinstance(ratio, int | float) else 1.0,
        service if isinstance(service, str) and service else "oktsec-lint",
    )
