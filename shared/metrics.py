"""Figures that operators watch; no label names a person or a key."""

from prometheus_client import Counter, Gauge

HANDLED = Counter("bangkom_events_handled_total", "Events that took effect", ["service", "type"])
DUPLICATES = Counter("bangkom_events_duplicate_total", "Records whose effect was there before", ["service"])
SKIPPED = Counter("bangkom_events_skipped_total", "Records of a type or version unknown here", ["service"])
HELD = Counter("bangkom_events_held_total", "Records held, by status", ["service", "status"])
STOPPED = Gauge("bangkom_consumer_stopped", "1 when the consumer waits for an operator", ["service"])
PUBLISHED = Counter("bangkom_outbox_published_total", "Outbox rows the broker has confirmed", ["service"])
SEND_FAILURES = Counter("bangkom_outbox_send_failures_total", "Outbox rows to be sent again", ["service"])
REFUSED = Counter("bangkom_outbox_refused_total", "Outbox rows refused for good", ["service"])
UNPUBLISHED = Gauge("bangkom_outbox_unpublished", "Outbox rows not yet confirmed", ["service"])
OLDEST = Gauge("bangkom_outbox_oldest_seconds", "Age of the oldest unpublished outbox row", ["service"])
BATCHES = Counter("bangkom_consumer_batches_total", "Batches taken, by outcome", ["service", "outcome"])
LAG = Gauge("bangkom_consumer_lag", "Records not yet taken", ["service", "topic", "partition"])
TIMER_FAILURES = Counter("bangkom_timer_failures_total", "Timers that failed and wait for another try", ["service"])
REFUSED_KEYS = Gauge("bangkom_outbox_refused_keys", "Keys the log refuses and an operator must look at", ["service"])
HELD_NOW = Gauge("bangkom_held_records", "Records held now, by status", ["service", "status"])
TIMERS_DUE = Gauge("bangkom_timers_due", "Timers that have run out and wait to be executed", ["service"])
