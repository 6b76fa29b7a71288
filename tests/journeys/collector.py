"""A collector of traces: takes what processes send it by OTLP over HTTP, and keeps it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A span as it was sent."""

    service: str
    name: str
    trace: bytes
    id: bytes
    parent: bytes
    failed: bool
    attributes: dict[str, str]


@dataclass(slots=True)
class Collector:
    """What was sent so far."""

    url: str
    spans: dict[bytes, Seen] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            (service,) = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    told = {a.key: a.value.string_value or str(a.value.int_value) for a in span.attributes}
                    self.spans[span.span_id] = Seen(
                        service=service.removeprefix("bangkom-"),
                        name=span.name,
                        trace=span.trace_id,
                        id=span.span_id,
                        parent=span.parent_span_id,
                        failed=span.status.code == Status.STATUS_CODE_ERROR,
                        attributes=told,
                    )

    def way_to(self, span: Seen) -> list[Seen]:
        """From the beginning of the trace to this span; shorter while what lies between has not been sent."""
        way = [span]
        while (before := self.spans.get(way[0].parent)) is not None:
            way.insert(0, before)
        return way


@contextmanager
def collecting() -> Iterator[Collector]:
    """Take traces while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}/v1/traces")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
