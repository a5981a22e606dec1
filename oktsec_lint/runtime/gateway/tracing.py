"""Spans and log records for OpenTelemetry. Imported when tracing is asked for, and by nothing else.

A trace comes in by `traceparent`, in `_meta` of a request or as an HTTP header, and goes on to servers the same ways
(W3C Trace Context; "Trace context" in https://modelcontextprotocol.io/specification). Baggage is not passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, ConsoleLogRecordExporter, LogRecordExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from oktsec_lint.core.tracing import TracingTerms
from oktsec_lint.protocol.gateway.eras import JsonObject

from .spans import Carried
from .tallies import METHODS

_FIELDS = ("traceparent", "tracestate")
_METHOD, _ERA, _OUTCOME, _SERVER = "mcp.method.name", "oktsec.era", "oktsec.outcome", "oktsec.server"
_TRACE_CONTEXT = TraceContextTextMapPropagator()


class Tracing:
    """`Spans` of one process, and its log."""

    def __init__(self, terms: TracingTerms, environ: Mapping[str, str]) -> None:
        """The exporters read the rest of `OTEL_*` themselves."""
        named = "OTEL_SERVICE_NAME" in environ or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        resource = Resource.create({} if named else {SERVICE_NAME: terms.service})
        sampler = None if "OTEL_TRACES_SAMPLER" in environ else ParentBased(TraceIdRatioBased(terms.ratio))
        self._spans = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        spans = _span_exporter(exporter_for("TRACES", environ) or (terms.exporter if terms.enabled else "none"))
        if spans is not None:
            self._spans.add_span_processor(BatchSpanProcessor(spans))
        self._logs = LoggerProvider(resource=resource, shutdown_on_exit=False)
        logs = _log_exporter(exporter_for("LOGS", environ) or "none")
        if logs is not None:
            self._logs.add_log_record_processor(BatchLogRecordProcessor(logs))
        self._tracer = self._spans.get_tracer("oktsec_lint")
        self._logger = self._logs.get_logger("oktsec_lint")

    @contextmanager
    def asked(
        self, method: str, era: str, headers: Mapping[str, str], params: JsonObject
    ) -> Iterator[Callable[[str], None]]:
        """Around the answer to a client's request."""
        name = _known(method)
        with self._tracer.start_as_current_span(
            name,
            _continued(headers, params),
            SpanKind.SERVER,
            {_METHOD: name, _ERA: era},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield lambda outcome: _end(span, outcome)

    @contextmanager
    def carried(self, server: str, method: str, params: JsonObject) -> Iterator[Carried]:
        """Around a server's answer, with what makes it part of the trace."""
        name = _known(method)
        with self._tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT,
            attributes={_METHOD: name, _SERVER: server},
            record_exception=False,
            set_status_on_exception=False,
        ):
            found: dict[str, str] = {}
            _TRACE_CONTEXT.inject(found)
            meta = params.get("_meta")
            if found and isinstance(meta, dict) and "traceparent" in meta:
                kept = {key: value for key, value in meta.items() if key not in _FIELDS}
                params = {**params, "_meta": {**kept, **found}}
            yield Carried(params, found)

    def log(self, sentence: str) -> None:
        """A sentence for the operator."""
        self._logger.emit(body=sentence, severity_number=SeverityNumber.INFO)

    def close(self) -> None:
        """Sends what is not sent yet."""
        self._spans.shutdown()
        self._logs.shutdown()


def exporter_for(signal: str, environ: Mapping[str, str]) -> str:
    """What `OTEL_*` says about `TRACES` or `LOGS`: `otlp`, `console`, `none`, or nothing."""
    chosen = environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
    if chosen:
        return chosen
    places = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return "otlp" if any(environ.get(place) for place in places) else ""


def _span_exporter(name: str) -> SpanExporter | None:
    if name == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter()
    return ConsoleSpanExporter() if name in {"console", "stdout"} else None


def _log_exporter(name: str) -> LogRecordExporter | None:
    if name == "otlp":
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

        return OTLPLogExporter()
    return ConsoleLogRecordExporter() if name == "console" else None


def _known(method: str) -> str:
    return method if method in METHODS else "other"


def _end(span: trace.Span, outcome: str) -> None:
    span.set_attribute(_OUTCOME, outcome)
    if outcome != "result":
        span.set_status(StatusCode.ERROR)


def _continued(headers: Mapping[str, str], params: JsonObject) -> Context:
    """The client's trace. What it says in the message is nearer to it than what a proxy may have put beside it."""
    meta = params.get("_meta")
    source: Mapping[str, object] = meta if isinstance(meta, dict) and "traceparent" in meta else headers
    carrier = {field: value for field in _FIELDS if isinstance(value := source.get(field), str)}
    return _TRACE_CONTEXT.extract(carrier, Context())
