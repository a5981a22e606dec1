"""Whether a gateway is traced: by its configuration, or by the standard `OTEL_*` variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from oktsec_lint.core.config import Config
from oktsec_lint.core.errors import UsageError
from oktsec_lint.core.tracing import tracing_of

if TYPE_CHECKING:
    from oktsec_lint.runtime.gateway.tracing import Tracing

_ASKING = (
    "OTEL_TRACES_EXPORTER OTEL_LOGS_EXPORTER OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_TRACES_ENDPOINT "
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"
).split()


def tracing_for(config: Config) -> Tracing | None:
    """None where nobody asks for it; nothing is imported then. Raises UsageError where it is not installed."""
    terms = tracing_of(config)
    if not (terms.enabled or _asked_for(os.environ)):
        return None
    try:
        from oktsec_lint.runtime.gateway.tracing import Tracing

        return Tracing(terms, os.environ)
    except ImportError:
        hint = "install it with `pip install 'oktsec-lint[otel]'`, or turn `telemetry.tracing` and OTEL_* off"
        raise UsageError("tracing is configured, but OpenTelemetry is not installed", hint=hint) from None


def _asked_for(environ: Mapping[str, str]) -> bool:
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return any(environ.get(name, "none") not in {"", "none"} for name in _ASKING)
