"""One trace leads from a request through the events it causes into each service they reach, and tells of nobody."""

from __future__ import annotations

import subprocess
import sys

from tests.journeys.collector import Collector, Seen, collecting
from tests.journeys.first_hop import REQUESTED, Participant, concluded, employee_ids, hold_class, import_people
from tests.journeys.installations import ROOT, SERVICES, Apart
from tests.journeys.test_scrubbed import repeated, seeded_values
from tests.waiting import wait_until

TOLD = {
    *("http.request.method", "http.route", "http.response.status_code", "error.type"),
    *("messaging.destination.name", "messaging.message.id"),
}
SUBJECTS = "SELECT DISTINCT key FROM outbox"
WHOLE_WAY = [
    ("training", "POST /training/classes/{class_id}/close"),
    ("training", "publish bangkom.training"),
    ("evaluation", "consume bangkom.training"),
    ("evaluation", "handle bangkom.training.training_completed.v1"),
    ("evaluation", "publish bangkom.evaluation"),
    ("mentoring", "consume bangkom.evaluation"),
    ("mentoring", "handle bangkom.evaluation.follow_up_opened.v1"),
    ("mentoring", "publish bangkom.mentoring"),
]
LOADED = """
import sys
import services.embedded, shared.operate.service
tracing = ("opentelemetry.sdk", "opentelemetry.exporter", "shared.tracing")
print(*(name for name in sys.modules if name.startswith(tracing)))
"""


async def test_one_trace_leads_from_a_request_into_the_third_service(apart: Apart) -> None:
    with collecting() as collector:
        apart.tell_all({"BANGKOM_TRACES_URL": collector.url, "OTEL_BSP_SCHEDULE_DELAY": 100})
        await apart.start()
        await import_people(apart)
        [employee] = await employee_ids(apart, 1)
        participant = Participant(employee_id=employee, pre_score=None, post_score=40)

        await hold_class(apart, "BIMTEK-LAYANAN", [participant])

        await concluded(apart, 1)
        [(requested,)] = await apart.rows(
            "mentoring", f"SELECT event_id::text FROM outbox WHERE headers->>'ce_type' = '{REQUESTED}'"
        )
        way = await wait_until(lambda: whole_way(collector, requested), within=30, description="the whole trace")
        assert [(span.service, span.name) for span in way] == WHOLE_WAY
        assert len({span.trace for span in way}) == 1
        assert not any(span.failed for span in way)
        await check_silence(apart, collector)


def whole_way(collector: Collector, event_id: str) -> list[Seen] | None:
    """From the request to the sending of the event, once all of it was told."""
    for span in list(collector.spans.values()):
        if span.name.startswith("publish") and span.attributes["messaging.message.id"] == event_id:
            way = collector.way_to(span)
            return way if not way[0].parent else None
    return None


async def check_silence(apart: Apart, collector: Collector) -> None:
    """Spans tell routes, topics, types and events, and neither who people are nor which."""
    everything = b"\n".join(collector.raw).decode(errors="replace")
    subjects = {key for service in SERVICES for (key,) in await apart.rows(service, SUBJECTS)}

    assert {name for span in collector.spans.values() for name in span.attributes} <= TOLD
    assert repeated(await seeded_values(apart) | subjects, everything) == set()
    assert "handle bangkom.needs.employee_recorded.v1" not in everything, "an import is no request"


def test_nothing_of_tracing_is_loaded_where_nobody_traces() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == []
