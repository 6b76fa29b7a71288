"""Traces for OpenTelemetry: a request, the events it leads to, and their handlers in every service make one.

Loaded only where BANGKOM_TRACES_URL says where traces go. The kernel of delivery knows nothing of them: an event
carries its place in a trace as the header traceparent, which is put into its outbox row here and travels as it stands
there. Spans name routes, topics, types and event ids, nothing of what is sent, so they hold nothing about people. For
the same reason no provider is made known to libraries: what they would tell of a request holds its path and its query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanContext, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.db import DeliverySession
from shared.delivery.consumer import Handler, NotYet
from shared.delivery.envelope import Received, Record, identity_of
from shared.delivery.transport import Outgoing, Sender, Sent, Source, Transport
from shared.timers import Due, TimerFunction
from shared.web.traffic import Templates

if TYPE_CHECKING:
    from shared.runtime import Resources, Service

PARENT = "traceparent"
BY_CAUSE = "spans_by_cause"
"""Where a session keeps the spans that its events follow from, by the cause that those events name."""

EXPORT_SECONDS = 5.0
FAILED_STATUS = 500

_carrier = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Traces:
    """What one service traces with, and its records that are being taken, by the ids of their events."""

    tracer: Tracer
    in_hand: dict[UUID, Span] = field(default_factory=dict)

    def sewn_into(self, service: Service, given: Resources) -> tuple[Service, Resources]:
        """The same service, its handlers, timers and records traced."""
        handlers, timers = self.handlers(service.listens), self.timers(service.timers)
        transport = TracedTransport(given.transport, self)
        return replace(service, handlers=handlers, timers=timers), replace(given, transport=transport)

    def stand_around(self, app: FastAPI) -> None:
        """Trace the requests of an application."""
        app.add_middleware(Requests, tracer=self.tracer)

    def handlers(self, handlers: Mapping[Any, Handler]) -> dict[Any, Handler]:
        """The same handlers; each event of a trace has a span, which the events that it causes follow from."""
        return {contract: self._handler(handler) for contract, handler in handlers.items()}

    def _handler(self, handler: Handler) -> Handler:
        async def handle(session: AsyncSession, events: list[Received[Any]]) -> None:
            spans = [self._handling(event) for event in events]
            causes = session.info.setdefault(BY_CAUSE, {})
            causes.update(
                (str(event.event_id), span.get_span_context()) for event, span in zip(events, spans, strict=True)
            )
            with ending(spans):
                await handler(session, events)

        return handle

    def _handling(self, event: Received[Any]) -> Span:
        # What came without a place in a trace has none, nor has what was held and is tried again.
        if (taken := self.in_hand.get(event.event_id)) is None:
            return trace.INVALID_SPAN
        parent = trace.set_span_in_context(taken, Context())
        return self.tracer.start_span(f"handle {event.type.type}", parent, attributes=_named(event.event_id))

    def timers(self, timers: Mapping[str, TimerFunction]) -> dict[str, TimerFunction]:
        """The same timers; each begins a trace."""
        return {kind: self._timer(kind, function) for kind, function in timers.items()}

    def _timer(self, kind: str, function: TimerFunction) -> TimerFunction:
        async def execute(session: AsyncSession, due: Due) -> None:
            span = self.tracer.start_span(f"timer {kind}", Context())
            session.info.setdefault(BY_CAUSE, {})[session.info["cause"]] = span.get_span_context()
            with ending([span]):
                await function(session, due)

        return execute


def traces(url: str, agency: str, service: str) -> Traces:
    """Send what a service traces to this address, in the background; what does not get there is forgotten."""
    provider = TracerProvider(resource=Resource({"service.name": f"bangkom-{service}", "service.namespace": agency}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=EXPORT_SECONDS)))
    if not sqlalchemy_event.contains(DeliverySession, "before_commit", _carry):
        # Before the hook that writes the rows of the outbox.
        sqlalchemy_event.listen(DeliverySession, "before_commit", _carry, insert=True)
    return Traces(provider.get_tracer("bangkom"))


def _carry(session: Session) -> None:
    """Give each event that is about to be written its place: behind its cause, else behind the request in hand."""
    if (pending := session.info.get("outbox")) is None:
        return
    causes: Mapping[str, SpanContext] = session.info.get(BY_CAUSE, {})
    request = trace.get_current_span().get_span_context()
    for _, _, _, headers, _ in pending.emissions:
        place = causes.get(headers.get("ce_causationid"), request)
        if place.is_valid:
            headers[PARENT] = _written(place)


def _written(place: SpanContext) -> str:
    carried: dict[str, str] = {}
    _carrier.inject(carried, trace.set_span_in_context(trace.NonRecordingSpan(place), Context()))
    return carried[PARENT]


def _read(written: bytes) -> Context:
    return _carrier.extract({PARENT: written.decode(errors="replace")}, Context())


def _named(event_id: UUID) -> dict[str, str]:
    return {"messaging.message.id": str(event_id)}


def _failed(span: Span, error: BaseException | str) -> None:
    # The kind alone: a message may quote personal values.
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", error if isinstance(error, str) else type(error).__name__)


@contextmanager
def ending(spans: Sequence[Span]) -> Iterator[None]:
    """End the spans with the block; events that wait for others have not failed."""
    try:
        yield
    except NotYet:
        raise
    except BaseException as error:
        for span in spans:
            _failed(span, error)
        raise
    finally:
        for span in spans:
            span.end()


class Requests:
    """Stands around an application: each request begins a trace, named by the template of its route."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer
        self._templates = Templates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Whatever a stranger sends as traceparent counts for nothing.
        span = self._tracer.start_span("request", Context(), SpanKind.SERVER)

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= FAILED_STATUS:
                    _failed(span, str(message["status"]))
            await send(message)

        with ending([span]), trace.use_span(span, record_exception=False, set_status_on_exception=False):
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                method, route = self._templates.of(scope)
                span.update_name(f"{method} {route}")
                span.set_attributes({"http.request.method": method, "http.route": route})


@dataclass(frozen=True, slots=True)
class TracedTransport:
    """A transport whose records carry traces on."""

    transport: Transport
    traces: Traces

    async def open_sender(self) -> Sender:
        """A sender that has a span for each record of a trace."""
        return TracedSender(await self.transport.open_sender(), self.traces.tracer)

    async def open_source(self, group: str, topics: Sequence[str]) -> Source:
        """A source that has a span for each record of a trace, until the record is done."""
        return TracedSource(await self.transport.open_source(group, topics), self.traces)

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """What the other says."""
        return await self.transport.lag(group, topics)


@dataclass(frozen=True, slots=True)
class TracedSender:
    """Sends as the other does."""

    sender: Sender
    tracer: Tracer

    async def send(self, rows: Sequence[Outgoing]) -> Sent:
        """Send rows, those of a trace with the span of this sending as their place in it."""
        spans: dict[int, Span] = {}
        with ending([span for row in rows if (span := self._publishing(row, spans))]):
            sent = await self.sender.send([_placed(row, spans.get(row.seq)) for row in rows])
            for seq in spans.keys() - set(sent.confirmed):
                _failed(spans[seq], sent.refused.get(seq, "unconfirmed"))
            return sent

    def _publishing(self, row: Outgoing, spans: dict[int, Span]) -> Span | None:
        headers = dict(row.headers)
        if PARENT not in headers:
            return None
        attributes = {"messaging.destination.name": row.topic, "messaging.message.id": headers["ce_id"].decode()}
        place = _read(headers[PARENT])
        spans[row.seq] = self.tracer.start_span(f"publish {row.topic}", place, SpanKind.PRODUCER, attributes)
        return spans[row.seq]

    async def close(self) -> None:
        """Close the other."""
        await self.sender.close()


def _placed(row: Outgoing, span: Span | None) -> Outgoing:
    if span is None:
        return row
    carried = dict(row.headers) | {PARENT: _written(span.get_span_context()).encode()}
    return replace(row, headers=list(carried.items()))


@dataclass(frozen=True, slots=True)
class TracedSource:
    """Reads as the other does."""

    source: Source
    traces: Traces

    async def poll(self) -> list[Record]:
        """The next records; those of a trace are in hand until they are done."""
        records = await self.source.poll()
        for record in records:
            if PARENT in record.named:
                self.traces.in_hand[identity_of(record)] = self._consuming(record)
        return records

    def _consuming(self, record: Record) -> Span:
        attributes = _named(identity_of(record)) | {"messaging.destination.name": record.topic}
        place = _read(record.named[PARENT])
        return self.traces.tracer.start_span(f"consume {record.topic}", place, SpanKind.CONSUMER, attributes)

    async def commit(self) -> None:
        """What is in hand is done."""
        self._let_go()
        await self.source.commit()

    async def rewind(self) -> None:
        """What is in hand comes again."""
        self._let_go("rolled_back")
        await self.source.rewind()

    async def close(self) -> None:
        """Close the other."""
        self._let_go("closed")
        await self.source.close()

    def _let_go(self, failure: str | None = None) -> None:
        for span in self.traces.in_hand.values():
            if failure:
                _failed(span, failure)
            span.end()
        self.traces.in_hand.clear()
