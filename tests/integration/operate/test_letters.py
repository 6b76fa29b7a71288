"""What operators do about held records: look, replay, discard."""

import orjson
import pytest

from shared.delivery.envelope import Record
from shared.ids import new_id
from shared.operate.delivery import resume
from shared.operate.letters import dead_letters, deferred
from tests.integration.operate.office import NAME, Office, measured, park


async def test_dead_letter_is_listed_without_those_that_wait_behind_it(office: Office) -> None:
    subject = new_id()
    number = await park(office, measured(subject, 61), measured(subject, 62))

    dead, all_held = await office.operate(dead_letters, "list"), await office.operate(dead_letters, "list", "--all")

    assert (dead.exit_code, all_held.exit_code) == (0, 0)
    first, count = dead.output.splitlines()
    assert first.startswith(f"evaluation\t{number}\tDEAD\tbangkom.training.learning_measured.v1\thandler:RuntimeError")
    assert count == "1 catatan."
    assert [line.split("\t")[2] for line in all_held.output.splitlines()[:-1]] == ["DEAD", "BEHIND"]
    assert NAME not in all_held.output


async def test_dead_letter_is_shown_with_headers_and_content(office: Office) -> None:
    subject = new_id()
    number = await park(office, measured(subject, 61))

    shown = await office.operate(dead_letters, "show", str(number))

    assert shown.exit_code == 0
    assert {"status: DEAD", "topic: bangkom.training", f"key: {subject}", f"ce_subject: {subject}"} <= set(
        shown.output.splitlines()
    )
    assert '"post_score":61' in shown.output


async def test_replayed_letter_takes_effect_and_then_what_waits_behind_it(office: Office) -> None:
    subject, other = new_id(), new_id()
    number = await park(office, measured(subject, 61), measured(subject, 62))
    await office.take(measured(subject, 63), measured(other, 50))
    assert await office.scores() == [(other, 50)]

    replayed = await office.operate(dead_letters, "replay", str(number))

    assert (replayed.exit_code, replayed.output) == (0, "Selesai.\n")
    assert await office.scores() == [(other, 50), (subject, 61), (subject, 62), (subject, 63)]
    assert await office.held() == []
    assert await office.acts() == ["dead_letter_replayed"]


async def test_letter_that_fails_again_stays_and_says_so(office: Office) -> None:
    number = await park(office, measured(new_id(), 61))
    office.broken = True

    replayed = await office.operate(dead_letters, "replay", str(number))

    assert (replayed.exit_code, "Masih gagal" in replayed.output, NAME in replayed.output) == (1, True, False)
    assert [(row.id, row.status, row.attempts) for row in await office.held()] == [(number, "DEAD", 1)]


async def test_discarded_letter_makes_way_for_what_waits_behind_it(office: Office) -> None:
    subject = new_id()
    number = await park(office, measured(subject, 61), measured(subject, 62))

    discarded = await office.operate(dead_letters, "discard", str(number), "--yes")

    assert (discarded.exit_code, discarded.output) == (0, "Dibuang.\n")
    assert (await office.scores(), await office.held()) == ([(subject, 62)], [])
    assert await office.acts() == ["dead_letter_discarded"]


async def test_letter_is_not_discarded_by_mistake(office: Office) -> None:
    number = await park(office, measured(new_id(), 61))

    answers = [await office.operate(dead_letters, "discard", str(number), typed=typed) for typed in ("n\n", "")]

    assert [answer.exit_code for answer in answers] == [1, 1]
    assert (len(await office.held()), await office.acts()) == (1, [])


async def test_letter_with_personal_data_shows_none_and_cannot_be_replayed(office: Office) -> None:
    value = b'{"name": "%s"}' % NAME.encode()
    await office.take(
        Record("bangkom.employees", 0, 7, str(new_id()), [("ce_id", b"no uuid")], value, 1_770_000_000_000)
    )
    (row,) = await office.held()

    shown = await office.operate(dead_letters, "show", str(row.id))
    replayed = await office.operate(dead_letters, "replay", str(row.id))
    discarded = await office.operate(dead_letters, "discard", str(row.id), "--yes")

    assert (shown.exit_code, replayed.exit_code, discarded.exit_code) == (0, 1, 0)
    assert NAME not in shown.output
    assert replayed.output.startswith("Error: Isi catatan ini data pribadi")
    assert await office.held() == []


@pytest.mark.parametrize("words", [("show", "4711"), ("replay", "4711"), ("discard", "4711", "--yes")])
async def test_unknown_letter_is_named_and_nothing_noted(office: Office, words: tuple[str, ...]) -> None:
    answer = await office.operate(dead_letters, *words)

    assert (answer.exit_code, answer.output) == (1, "Error: Tidak ada catatan tertahan dengan nomor 4711.\n")
    assert await office.acts() == []


async def test_one_of_several_services_must_be_named(offices: Office) -> None:
    number = await park(offices, measured(new_id(), 61), service="mentoring")

    unnamed = await offices.operate(dead_letters, "replay", str(number))
    unknown = await offices.operate(resume, "--service", "payroll")
    named = await offices.operate(dead_letters, "replay", str(number), "--service", "mentoring")

    assert (unnamed.exit_code, unknown.exit_code, named.exit_code) == (2, 2, 0)
    assert "evaluation, mentoring" in unnamed.output
    assert (len(await offices.scores("mentoring")), await offices.acts("evaluation")) == (1, [])
    assert (await offices.operate(dead_letters, "list")).output == "0 catatan.\n"


async def test_all_of_a_key_is_replayed_by_its_name(office: Office) -> None:
    subject, other = new_id(), new_id()
    await park(office, measured(subject, 61), measured(other, 50), measured(subject, 62))

    named = await office.operate(dead_letters, "replay", "--topic", "bangkom.training", "--key", str(subject))
    again = await office.operate(dead_letters, "replay", "--topic", "bangkom.training", "--key", str(subject))

    assert (named.exit_code, again.exit_code) == (0, 1)
    assert "Tidak ada catatan tertahan dengan topik dan kunci itu." in again.output
    assert await office.scores() == [(subject, 61), (subject, 62)]
    assert [row.key for row in await office.held()] == [str(other)]


async def test_all_dead_letters_are_replayed_and_what_fails_is_counted(office: Office) -> None:
    subjects = [new_id() for _ in range(3)]
    await park(office, *(measured(subject, score) for score in (61, 62) for subject in subjects))
    await office.take(Record("bangkom.training", 0, 7, str(new_id()), [], b"no json", 1_770_000_000_000))

    replayed = await office.operate(dead_letters, "replay", "--all")

    assert replayed.exit_code == 1
    assert replayed.output.startswith("Berhasil 3, masih gagal 1.\n")
    assert sorted(await office.scores()) == sorted((subject, score) for score in (61, 62) for subject in subjects)
    assert [row.reason for row in await office.held()] == ["not_a_cloudevent"]
    assert await office.acts() == ["dead_letter_replayed"] * 4


@pytest.mark.parametrize(
    "words", [(), ("7", "--all"), ("--key", "k"), ("--topic", "t"), ("7", "--topic", "t", "--key", "k")]
)
async def test_what_to_replay_is_said_in_one_way(office: Office, words: tuple[str, ...]) -> None:
    answer = await office.operate(dead_letters, "replay", *words)

    assert (answer.exit_code, "Sebutkan satu saja" in answer.output) == (2, True)


async def test_discarding_says_when_what_waited_behind_fails_too(office: Office) -> None:
    number = await park(office, measured(new_id(), 61), measured(new_id(), 62))
    subject = new_id()
    await park(office, measured(subject, 63), measured(subject, 64))
    office.broken = True

    alone = await office.operate(dead_letters, "discard", str(number), "--yes")
    head = next(row.id for row in await office.held() if row.key == str(subject))
    followed = await office.operate(dead_letters, "discard", str(head), "--yes")

    assert (alone.output, followed.output) == (
        "Dibuang.\n",
        "Dibuang; catatan berikutnya dari kunci itu masih tertahan.\n",
    )


async def test_deferred_events_are_listed_with_how_many_wait_behind(office: Office) -> None:
    office.incomplete = True
    subject = new_id()
    await office.take(measured(subject, 61), measured(subject, 62))

    shown, told = await office.operate(deferred), await office.operate(deferred, "--json")
    dead = await office.operate(dead_letters, "list")

    (row,) = orjson.loads(told.output)
    assert (shown.exit_code, told.exit_code) == (0, 0)
    assert shown.output.splitlines()[-1] == "1 catatan."
    assert (row["service"], row["status"], row["reason"], row["behind"]) == ("evaluation", "DEFERRED", "not_yet", 1)
    assert row["event_type"] == "bangkom.training.learning_measured.v1"
    assert dead.output == "0 catatan.\n"
    assert str(subject) not in shown.output + told.output


async def test_deferred_event_takes_effect_when_an_operator_replays_it(office: Office) -> None:
    office.incomplete = True
    subject = new_id()
    await office.take(measured(subject, 61), measured(subject, 62))
    office.incomplete = False

    answer = await office.operate(dead_letters, "replay", str((await office.held())[0].id))

    assert answer.exit_code == 0
    assert await office.scores() == [(subject, 61), (subject, 62)]


async def test_letters_are_told_to_programs_too(offices: Office) -> None:
    number = await park(offices, measured(new_id(), 61), service="mentoring")

    answer = await offices.operate(dead_letters, "list", "--json")

    (row,) = orjson.loads(answer.output)
    assert (row["service"], row["id"], row["behind"]) == ("mentoring", number, 0)
    assert row["reason"].startswith("handler:RuntimeError")
    assert NAME not in answer.output
