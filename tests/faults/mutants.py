"""The load-bearing lines of delivery, each with its reversal and the test that must tell it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CONSUMER_STORY = "tests/model/test_stories.py::test_consumer_keeps_its_promises_in_any_story"
RELAY_STORY = "tests/model/test_stories.py::test_relays_keep_their_promises_in_any_story"
CONSUMER = "tests/integration/test_consumer.py::test_"
STATE = "tests/conformance/test_state.py::test_"
OUTBOX = "tests/integration/test_outbox.py::test_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One reversal: the text that carries the promise, what stands there instead, and the test that must fail."""

    reversal: str
    file: str
    old: str
    new: str
    told_by: str

    def plant(self, tree: Path) -> None:
        """Change the copy; a text that is no longer there once, and once only, needs a look at this list."""
        path = tree / self.file
        text = path.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.file} holds {self.old!r} {text.count(self.old)} times"
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


MUTANTS = (
    # Once
    Mutant(
        reversal="no inbox insert",
        file="shared/delivery/consumer.py",
        old="[(event_id,) for event_id in sorted(identified)]",
        new="[]",
        told_by=CONSUMER_STORY,
    ),
    Mutant(
        reversal="rollback after an error of a batch dropped",
        file="shared/delivery/consumer.py",
        old="            taken = await self.handle(session, fresh, verdicts)\n",
        new="            try:\n                taken = await self.handle(session, fresh, verdicts)\n"
        "            finally:\n                await self.commit_db(session)\n",
        told_by=CONSUMER + "culprit_is_found_by_halves",
    ),
    Mutant(
        reversal="rollback after an error of a replay dropped",
        file="shared/delivery/consumer.py",
        old="await session.rollback()\n                await self._note",
        new="await session.commit()\n                await self._note",
        told_by=CONSUMER + "deferred_event_waits_longer_each_time_and_is_dead_after_a_day",
    ),
    Mutant(
        reversal="inbox ids written outside the transaction",
        file="shared/delivery/consumer.py",
        old='            await session.run_sync(copy_rows, Inbox, ("event_id",),',
        new="            async with self._database.transaction() as other:\n"
        '                await other.run_sync(copy_rows, Inbox, ("event_id",),',
        told_by="tests/conformance/test_held.py::test_transient_failure_brings_the_whole_batch_again[embedded]",
    ),
    Mutant(
        reversal="rows copied outside the transaction",
        file="shared/db.py",
        old='        connection.execute(text("SELECT 1"))\n',
        new="        pass\n",
        told_by="tests/integration/test_inserting.py::test_inserted_rows_go_with_the_transaction_that_they_began",
    ),
    Mutant(
        reversal="held record replayed by two at once",
        file="shared/delivery/held.py",
        old="row = await session.get(HeldRecord, held_id, with_for_update=True)",
        new="row = await session.get(HeldRecord, held_id)",
        told_by=CONSUMER + "state_replayed_by_two_operators_takes_effect_once",
    ),
    Mutant(
        reversal="identity told by the offset",
        file="shared/delivery/envelope.py",
        old="{record.key}\\0{record.timestamp_ms}",
        new="{record.key}\\0{record.offset}\\0{record.timestamp_ms}",
        told_by="tests/contracts/test_envelope.py::test_identity_without_id_is_told_by_bytes_and_time",
    ),
    # Nothing lost
    Mutant(
        reversal="offsets committed before the database",
        file="shared/delivery/worker.py",
        old="                    await self._consumer.take(batch)\n",
        new="                    await self.commit_offsets(source)\n"
        "                    await self._consumer.take(batch)\n",
        told_by="tests/conformance/test_held.py::test_transient_failure_brings_the_whole_batch_again[embedded]",
    ),
    Mutant(
        reversal="rewind after a failure dropped",
        file="shared/delivery/worker.py",
        old="                    await source.rewind()\n",
        new="",
        told_by="tests/conformance/test_held.py::test_transient_failure_brings_the_whole_batch_again[embedded]",
    ),
    Mutant(
        reversal="rows marked before they are sent",
        file="shared/delivery/relay.py",
        old="            sent = await self.send_batch(sender, rows)\n",
        new="            await self.mark_published(connection, Sent([row.seq for row in rows]))\n"
        "            sent = await self.send_batch(sender, rows)\n",
        told_by=RELAY_STORY,
    ),
    Mutant(
        reversal="park on poison dropped",
        file="shared/delivery/consumer.py",
        old="await held.hold(session, taken.holds)",
        new="pass",
        told_by=CONSUMER + "culprit_is_found_by_halves",
    ),
    Mutant(
        reversal="transient failure not recognised",
        file="shared/delivery/failures.py",
        old="return state.startswith(TRANSIENT_STATES)",
        new="return False",
        told_by=CONSUMER + "transient_state_is_raised_and_nothing_kept[40001]",
    ),
    Mutant(
        reversal="lost connection not recognised as transient",
        file="shared/delivery/failures.py",
        old="isinstance(error, OSError | ",
        new="isinstance(error, ",
        told_by=CONSUMER + "release_that_meets_a_passing_failure_leaves_everything_as_it_was",
    ),
    Mutant(
        reversal="transient failure of a replay noted as dead",
        file="shared/delivery/consumer.py",
        old="        if is_transient(error):\n            raise error\n",
        new="",
        told_by=CONSUMER + "release_that_meets_a_passing_failure_leaves_everything_as_it_was",
    ),
    Mutant(
        reversal="unready event treated as dead",
        file="shared/delivery/consumer.py",
        old='dict.fromkeys(unsettled, (HeldReason.DEFERRED, "not_yet"))',
        new='dict.fromkeys(unsettled, (HeldReason.DEAD, "not_yet"))',
        told_by=CONSUMER + "deferred_event_waits_longer_each_time_and_is_dead_after_a_day",
    ),
    Mutant(
        reversal="placeholder for an unknown row dropped",
        file="services/evaluation/handlers/training.py",
        old="    for event in events:\n        seats[event.subject] = change(seats.get(event.subject) or",
        new="    events = [each for each in events if each.subject in seats]\n"
        "    for event in events:\n        seats[event.subject] = change(seats.get(event.subject) or",
        told_by="tests/integration/test_evaluation.py::test_completion_is_evaluated_though_nothing_else_was_heard",
    ),
    Mutant(
        reversal="release that was cut short left alone",
        file="shared/delivery/held.py",
        old="'BEHIND') = 'BEHIND'",
        new="'BEHIND') = 'NONE'",
        told_by=CONSUMER + "release_that_is_cut_short_goes_on_without_anybody_asking",
    ),
    Mutant(
        reversal="deferred events wait for ever",
        file="shared/delivery/held.py",
        old="interval '24 hours'",
        new="interval '24000 hours'",
        told_by=CONSUMER + "deferred_event_waits_longer_each_time_and_is_dead_after_a_day",
    ),
    Mutant(
        reversal="bad release parks everything",
        file="shared/delivery/consumer.py",
        old="if reason := self._circuit.opens(taken.failures):",
        new="if reason := self._circuit.opens(set()):",
        told_by="tests/conformance/test_held.py::"
        "test_consumer_stops_when_many_keys_fail_alike_and_goes_on_when_resumed[embedded]",
    ),
    # In order
    Mutant(
        reversal="later events not held behind parked ones",
        file="shared/delivery/consumer.py",
        old="if blocks(record) in parked:",
        new="if False:",
        told_by=CONSUMER_STORY,
    ),
    Mutant(
        reversal="later batches not held behind parked events",
        file="shared/delivery/held.py",
        old="if (key := blocks(each.record))]",
        new="if (key := None)]",
        told_by=CONSUMER_STORY,
    ),
    Mutant(
        reversal="later batches not held behind deferred events",
        file="shared/delivery/held.py",
        old="if (key := blocks(each.record))]",
        new="if (key := blocks(each.record)) and each.status is not HeldReason.DEFERRED]",
        told_by=CONSUMER_STORY,
    ),
    Mutant(
        reversal="replay does not lock the key",
        file="shared/delivery/held.py",
        old=' FOR UPDATE"), where)',
        new='"), where)',
        told_by=CONSUMER + "release_waits_for_a_batch_that_is_about_to_hold_behind_it",
    ),
    Mutant(
        reversal="batch does not lock the keys it holds behind",
        file="shared/delivery/held.py",
        old=' FOR KEY SHARE"',
        new='"',
        told_by=CONSUMER + "release_waits_for_a_batch_that_is_about_to_hold_behind_it",
    ),
    Mutant(
        reversal="waves forget the order of a key",
        file="shared/delivery/consumer.py",
        old="turn[key] += 1",
        new="turn[key] += 0",
        told_by=CONSUMER + "handler_gets_many_keys_in_one_call",
    ),
    Mutant(
        reversal="failed batch not sent again before later ones",
        file="shared/delivery/transport/kafka.py",
        old="                return\n            else:",
        new="                rows = rows[count:]\n            else:",
        told_by=RELAY_STORY,
    ),
    Mutant(
        reversal="later rows of a refused key are sent",
        file="shared/delivery/transport/kafka.py",
        old="rows = [row for row in rows if row.key != rows[0].key]",
        new="rows = rows[1:]",
        told_by=RELAY_STORY,
    ),
    Mutant(
        reversal="rows of refused keys are read again",
        file="shared/delivery/relay.py",
        old="AND (topic, key) NOT IN (SELECT topic, key FROM refused_keys) ORDER BY seq",
        new="ORDER BY seq",
        told_by=RELAY_STORY,
    ),
    Mutant(
        reversal="two relays at once",
        file="shared/delivery/relay.py",
        old="SELECT pg_try_advisory_lock($1)",
        new="SELECT $1 > 0",
        told_by="tests/conformance/test_relay.py::test_one_relay_works_and_the_next_takes_over[embedded]",
    ),
    Mutant(
        reversal="relay that stands still in a transaction keeps its lead",
        file="shared/delivery/relay.py",
        old='"idle_in_transaction_session_timeout": "10s", ',
        new="",
        told_by="tests/conformance/test_relay.py::test_relay_that_stands_still_in_a_transaction_loses_its_lead[embedded]",
    ),
    Mutant(
        reversal="relay sends though its lock is gone",
        file="shared/delivery/relay.py",
        old="            await self._check(connection)\n            sent",
        new="            sent",
        told_by="tests/conformance/test_relay.py::"
        "test_relay_that_lost_its_session_sends_nothing_of_what_it_had_read[embedded]",
    ),
    Mutant(
        reversal="heartbeat of the lock dropped",
        file="shared/delivery/relay.py",
        old="asyncio.create_task(self._heartbeat(connection))",
        new="asyncio.create_task(asyncio.sleep(0))",
        told_by="tests/conformance/test_relay.py::test_relay_speaks_to_its_server_while_the_log_is_slow[embedded]",
    ),
    Mutant(
        reversal="appends to the log side by side",
        file="shared/delivery/transport/embedded.py",
        old='await self._connection.execute("SELECT pg_advisory_xact_lock($1)", APPEND_LOCK)',
        new="pass",
        told_by="tests/conformance/test_order.py::test_reader_misses_nothing_of_senders_at_work_side_by_side[embedded]",
    ),
    Mutant(
        reversal="subject not locked before its event is recorded",
        file="services/training/queries/demands.py",
        old=".where(among(row.id, demand_ids)).order_by(row.id).with_for_update()",
        new=".where(among(row.id, demand_ids)).order_by(row.id)",
        told_by="tests/integration/test_training_demands.py::test_demand_gets_one_seat_though_two_ask_at_once",
    ),
    # States
    Mutant(
        reversal="older state not ignored",
        file="shared/directory.py",
        old=" WHERE {name}.sequence < excluded.sequence",
        new="",
        told_by=STATE + "older_record_never_replaces_a_newer_one[embedded]",
    ),
    Mutant(
        reversal="older state brings back what was removed",
        file="shared/directory.py",
        old=" if event.subject not in removed]",
        new="]",
        told_by=STATE + "removed_subject_comes_back_by_a_newer_record_only[embedded]",
    ),
    Mutant(
        reversal="older removal removes what came back",
        file="shared/directory.py",
        old=" AND d.sequence <= r.sequence",
        new="",
        told_by=STATE + "removed_subject_comes_back_by_a_newer_record_only[embedded]",
    ),
    Mutant(
        reversal="older programme not ignored",
        file="services/evaluation/handlers/training.py",
        old=" WHERE programs.sequence < excluded.sequence",
        new="",
        told_by="tests/integration/test_evaluation.py::test_newest_state_of_a_programme_is_kept_whatever_comes_last",
    ),
    Mutant(
        reversal="restored publisher counts from the beginning",
        file="shared/delivery/relay.py",
        old="sequence = self._epoch * SEQUENCE_EPOCH + seq",
        new="sequence = seq",
        told_by=STATE + "record_of_a_restored_publisher_counts_as_newer[embedded]",
    ),
    # What a transaction emits
    Mutant(
        reversal="events written when a savepoint is released",
        file="shared/delivery/outbox.py",
        old="    if session.in_nested_transaction():\n        return\n",
        new="",
        told_by=OUTBOX + "savepoint_that_is_released_emits_with_the_transaction",
    ),
    Mutant(
        reversal="events of a rolled back savepoint kept",
        file="shared/delivery/outbox.py",
        old="del pending.emissions[pending.savepoints.pop(transaction, len(pending.emissions)) :]",
        new="pending.savepoints.pop(transaction, None)",
        told_by=OUTBOX + "savepoint_that_is_rolled_back_emits_nothing",
    ),
    Mutant(
        reversal="events of a rolled back transaction kept",
        file="shared/delivery/outbox.py",
        old='session.info.pop("outbox", None)',
        new="pass",
        told_by=OUTBOX + "rollback_emits_nothing_and_the_session_goes_on",
    ),
    Mutant(
        reversal="events recorded outside the transaction",
        file="shared/delivery/outbox.py",
        old="        session.sync_session.begin()\n",
        new="        pass\n",
        told_by=OUTBOX + "rollback_emits_nothing_and_the_session_goes_on",
    ),
    Mutant(
        reversal="commit does not wake the relay",
        file="shared/delivery/outbox.py",
        old="        session.execute(WAKE)\n",
        new="",
        told_by=OUTBOX + "commit_wakes_the_relay_once",
    ),
)
