"""Figures that operators watch; no label names a person or a key, and each label has few values."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from shared.events.catalogue import BY_TYPE

# Else each counter and histogram has a second series that says since when it counts, which nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call]

HANDLED = Counter("bangkom_events_handled_total", "Events that took effect", ["service", "type"])
DUPLICATES = Counter("bangkom_events_duplicate_total", "Records whose effect was there before", ["service"])
SKIPPED = Counter("bangkom_events_skipped_total", "Records of a type or version unknown here", ["service"])
OLDER = Counter("bangkom_events_older_total", "Events older than what is known, which changed nothing", ["service"])
HELD = Counter("bangkom_events_held_total", "Records held, by type and why", ["service", "type", "status", "reason"])
DELAY = Histogram(
    "bangkom_effect_delay_seconds",
    "From the time of an event to its effect, for the oldest event of each batch",
    ["service"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
)
BATCHES = Counter("bangkom_consumer_batches_total", "Batches taken, by outcome", ["service", "outcome"])
STOPPED = Gauge("bangkom_consumer_stopped", "1 when the consumer waits for an operator", ["service"])
LAG = Gauge("bangkom_consumer_lag", "Records not yet taken", ["service", "topic", "partition"])
HELD_NOW = Gauge("bangkom_held_records", "Records held now, by status and why", ["service", "status", "reason"])
DEFERRED_OLDEST = Gauge("bangkom_deferred_oldest_seconds", "How long the oldest deferred record waits", ["service"])
PARKED_KEYS = Gauge("bangkom_parked_keys", "Keys whose later events wait behind a held record", ["service"])

PUBLISHED = Counter("bangkom_outbox_published_total", "Outbox rows the broker has confirmed", ["service"])
SEND_FAILURES = Counter("bangkom_outbox_send_failures_total", "Outbox rows to be sent again", ["service"])
REFUSED = Counter("bangkom_outbox_refused_total", "Outbox rows refused for good", ["service"])
RELAY_FAILURES = Counter("bangkom_relay_failures_total", "Times the relay lost the log or the database", ["service"])
UNPUBLISHED = Gauge("bangkom_outbox_unpublished", "Outbox rows not yet confirmed, up to a million", ["service"])
OLDEST = Gauge("bangkom_outbox_oldest_seconds", "Age of the oldest unpublished outbox row", ["service"])
REFUSED_KEYS = Gauge("bangkom_outbox_refused_keys", "Keys the log refuses and an operator must look at", ["service"])

TIMERS_DUE = Gauge("bangkom_timers_due", "Timers that have run out and wait to be executed", ["service"])
TIMERS_LATE = Gauge("bangkom_timers_late_seconds", "How long ago the oldest of them ran out", ["service"])
TIMER_FAILURES = Counter("bangkom_timer_failures_total", "Timers that failed and wait for another try", ["service"])

CASES_STUCK = Gauge("bangkom_cases_stuck", "Cases in a step for longer than the rules give it", ["service", "step"])
STEP_SECONDS = Gauge(
    "bangkom_step_median_seconds",
    "How long half of the newest cases took at most to come to a step from the one before",
    ["service", "step"],
)
IMPORTS = Gauge("bangkom_imports", "Files taken in within 30 days, by outcome", ["service", "kind", "outcome"])
IMPORT_ROWS_REFUSED = Gauge(
    "bangkom_import_rows_refused", "Rows refused in files taken in within 30 days", ["service", "kind"]
)
IMPORTS_FAILING = Gauge(
    "bangkom_imports_failing", "1 where the newest file within 30 days was refused", ["service", "kind"]
)
FIGURES_TAKEN = Gauge(
    "bangkom_figures_taken_timestamp_seconds", "When the figures of the work were last counted", ["service"]
)

HTTP_REQUESTS = Counter(
    "bangkom_http_requests_total",
    "Requests answered, by the template of their route and the class of the answer",
    ["service", "method", "route", "status"],
)
HTTP_SECONDS = Histogram(
    "bangkom_http_request_duration_seconds",
    "From the beginning of a request to the end of its answer",
    ["service", "method", "route"],
    buckets=(0.05, 0.15, 0.5, 2),
)

POOL_SIZE = Gauge("bangkom_database_pool_size", "Connections a process may have to a database", ["database"])
POOL_IN_USE = Gauge("bangkom_database_pool_in_use", "Connections in use just now", ["database"])
POOL_WAITS = Counter("bangkom_database_pool_waits_total", "Times every connection was in use", ["database"])
POOL_WAIT_SECONDS = Counter("bangkom_database_pool_wait_seconds_total", "Time waited for a connection", ["database"])
POOL_TIMEOUTS = Counter("bangkom_database_pool_timeouts_total", "Times nobody gave one back in time", ["database"])

DISK_SIZE = Gauge("bangkom_disk_size_bytes", "Size of the disk that a folder lies on", ["volume"])
DISK_FREE = Gauge("bangkom_disk_free_bytes", "What is left of it for us", ["volume"])
BACKUP_MADE = Gauge(
    "bangkom_backup_made_timestamp_seconds", "When the newest whole backup was made, 0 where there is none", ["agency"]
)
CERTIFICATE_ENDS = Gauge(
    "bangkom_certificate_ends_timestamp_seconds", "Until when the certificate that a server shows is good", ["place"]
)

DATABASE_ANSWERS = Gauge("bangkom_database_answers", "1 when the database told these figures just now", ["service"])
LOG_ANSWERS = Gauge("bangkom_log_answers", "1 when the event log told the lag just now", ["service"])


def begin_at_zero(service: str) -> None:
    """Have a service's figures from its start on: a counter that appears with its first failure shows no increase."""
    taking, sending = (DUPLICATES, SKIPPED, OLDER, DELAY), (PUBLISHED, SEND_FAILURES, REFUSED, RELAY_FAILURES)
    for figure in (*taking, *sending, TIMER_FAILURES):
        figure.labels(service)
    for outcome in ("committed", "rolled_back"):
        BATCHES.labels(service, outcome)


def begin_pool_at_zero(database: str) -> None:
    """Have the figures of a database's connections from the start on, for the same reason."""
    for figure in (POOL_WAITS, POOL_WAIT_SECONDS, POOL_TIMEOUTS):
        figure.labels(database)


def kind_of(reason: str) -> str:
    """What a reason begins with: the rest says where in our code, and would make a series for each place."""
    return reason.partition(":")[0]


def count_held(service: str, event_type: str | None, status: str, reason: str) -> None:
    """Count a held record; a type that is none of ours is whatever a stranger wrote, and counts as unknown."""
    HELD.labels(service, event_type if event_type in BY_TYPE else "unknown", status, kind_of(reason)).inc()


def observe_delay(service: str, times: Iterable[datetime | None], now: datetime) -> None:
    """Observe how long the oldest of these events was under way; another host's clock may be ahead of ours."""
    oldest = min((time for time in times if time), default=None)
    if oldest:
        DELAY.labels(service).observe(max(0.0, (now - oldest).total_seconds()))
