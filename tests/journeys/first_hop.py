"""The first hop: a class is held, those who did not master it are to be mentored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.installations import Installation
from tests.waiting import wait_until

SAMPLES = Path(__file__).parents[1] / "samples"
PASS_MARK = 70
REQUESTED = "bangkom.mentoring.mentoring_requested.v1"
OPENED = "bangkom.evaluation.follow_up_opened.v1"
COMPLETED = "bangkom.training.training_completed.v1"
ENVELOPES = (
    "SELECT event_id::text, headers->>'ce_type', headers->>'ce_causationid', headers->>'ce_correlationid' FROM outbox"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Who took part, and what the tests showed; None was not taken."""

    employee_id: str
    pre_score: int | None
    post_score: int | None

    @property
    def verdict(self) -> str:
        if self.post_score is None:
            return "NOT_ENOUGH_DATA"
        return "EFFECTIVE" if self.post_score >= PASS_MARK else "NOT_EFFECTIVE"


async def import_people(installation: Installation) -> None:
    """Take in the agency's workbooks whole, and wait until every directory has them."""
    installation.command("needs", "import", "units", str(SAMPLES / "unit.xlsx"))
    installation.command("needs", "import", "employees", str(SAMPLES / "pegawai.xlsx"))
    for service in ("training", "mentoring", "evaluation"):

        async def arrived(service: str = service) -> bool:
            counts = await installation.rows(
                service, "SELECT (SELECT count(*) FROM directory_employees), (SELECT count(*) FROM directory_units)"
            )
            return counts == [(500, 15)]

        await wait_until(arrived, within=60, description=f"500 employees in the directory of {service}")


async def employee_ids(installation: Installation, count: int) -> list[str]:
    rows = await installation.rows("needs", f"SELECT id::text FROM employees ORDER BY employee_number LIMIT {count}")
    return [identifier for (identifier,) in rows]


async def hold_class(installation: Installation, code: str, participants: Sequence[Participant]) -> list[str]:
    """Plan, fill, hold and close a class; gives the enrolments in the order of the participants."""
    program = await installation.call("POST", "/training/programs", program_of(code))
    held = await installation.call("POST", "/training/classes", class_of(program["id"], len(participants)))
    path = f"/training/classes/{held['id']}"
    newcomers = [{"employee_id": each.employee_id} for each in participants]
    answer = await installation.call("POST", f"{path}/enrolments", {"participants": newcomers})
    by_employee = {each["employee_id"]: each["id"] for each in answer["enrolments"]}
    enrolments = [by_employee[each.employee_id] for each in participants]
    present = [{"enrolment_id": each, "present": True} for each in enrolments]
    for number in (1, 2):
        await installation.call("PUT", f"{path}/sessions/{number}/attendance", {"participants": present})
    scores = [
        {"enrolment_id": enrolment, "pre_score": each.pre_score, "post_score": each.post_score}
        for enrolment, each in zip(enrolments, participants, strict=True)
    ]
    await installation.call("PUT", f"{path}/scores", {"max_score": 100, "participants": scores})
    await installation.call("POST", f"{path}/close")
    return enrolments


def program_of(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "title": "Bimbingan Teknis Pelayanan Publik",
        "form": 8,
        "competency": "PELAYANAN_PUBLIK",
        "learning_hours": 8,
        "pass_mark": PASS_MARK,
        "minimum_attendance_percent": 80,
        "post_test_required": False,
    }


def class_of(program_id: str, capacity: int) -> dict[str, Any]:
    return {
        "program_id": program_id,
        "start_date": "2026-03-02",
        "end_date": "2026-03-03",
        "place": "Aula Badan Kepegawaian",
        "capacity": capacity,
        "session_hours": [4, 4],
    }


async def concluded(installation: Installation, participants: int) -> None:
    """Wait until as many evaluations stand, and each that must be followed up is with mentoring."""

    async def settled() -> bool:
        evaluations = await installation.rows(
            "evaluation", "SELECT verdict, count(*) FROM evaluations GROUP BY verdict"
        )
        counts = dict(evaluations)
        requests = await installation.rows("mentoring", "SELECT count(*) FROM requests")
        return sum(counts.values()) == participants and requests[0][0] == counts.get("NOT_EFFECTIVE", 0)

    await wait_until(settled, within=60, description=f"{participants} evaluations and their follow-ups")


async def check_exactly_once(installation: Installation, expected: dict[str, Participant]) -> None:
    """Each enrolment has one evaluation with the right verdict, and a follow-up and a request exactly when it must."""
    evaluations = await installation.rows(
        "evaluation", "SELECT enrolment_id::text, verdict, follow_up_id FROM evaluations ORDER BY enrolment_id"
    )
    assert Counter(enrolment for enrolment, _, _ in evaluations) == Counter(list(expected))
    assert {enrolment: verdict for enrolment, verdict, _ in evaluations} == {
        enrolment: participant.verdict for enrolment, participant in expected.items()
    }
    follow_ups = [follow_up for _, _, follow_up in evaluations if follow_up is not None]
    requested = await installation.rows("mentoring", "SELECT follow_up_id FROM requests ORDER BY 1")
    assert sorted(follow_up for (follow_up,) in requested) == sorted(follow_ups)
    emitted = await installation.rows("evaluation", "SELECT headers->>'ce_type', count(*) FROM outbox GROUP BY 1")
    assert dict(emitted) == {
        "bangkom.evaluation.evaluation_concluded.v1": len(expected),
        "bangkom.evaluation.follow_up_opened.v1": len(follow_ups),
    }


async def check_causes(installation: Installation) -> None:
    """Each request for mentoring leads back to the command that closed the class, with one correlation all the way."""
    emitted: dict[str, tuple[str, str, str]] = {}
    for service in ("training", "evaluation", "mentoring"):
        for identity, *envelope in await installation.rows(service, ENVELOPES):
            kind, cause, correlation = envelope
            emitted[identity] = (kind, cause, correlation)
    chains = [list(_causes(emitted, identity)) for identity, found in emitted.items() if found[0] == REQUESTED]
    assert chains
    for chain in chains:
        assert [kind for kind, _, _ in chain] == [REQUESTED, OPENED, COMPLETED]
        assert chain[-1][1].startswith("command:")
        assert len({correlation for _, _, correlation in chain}) == 1


def _causes(emitted: dict[str, tuple[str, str, str]], identity: str) -> Iterator[tuple[str, str, str]]:
    while identity in emitted:
        yield emitted[identity]
        identity = emitted[identity][1]
