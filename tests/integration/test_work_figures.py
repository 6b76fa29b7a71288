"""The figures of the work say what stands in the database of each service, and never more series than were foreseen."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY, Gauge
from sqlalchemy import text

from services.embedded import SERVICES
from services.evaluation.app import SERVICE as EVALUATION
from services.mentoring.app import SERVICE as MENTORING
from services.needs.app import SERVICE as NEEDS
from services.needs.commands.needs import validate_needs, verify_needs
from services.needs.imports import kinds
from services.needs.queries.figures import IMPORT_KINDS, MEDIANS, STATUSES
from services.training.app import SERVICE as TRAINING
from services.training.commands import Newcomer, enrol
from services.training.tables import ActivityRow
from shared import clock
from shared.db import Database
from shared.errors import DomainError
from shared.identity.actor import Actor, Role
from shared.ids import new_id
from shared.operate.figures import Figure, take_figures
from shared.runtime import Service
from tests.conftest import MakeDatabase
from tests.integration import cases, classroom, mentorship, participants, workplace
from tests.integration.agency import go_to, open_office, take_in

DAY = 86_400.0


async def told(service: Service, database: Database) -> None:
    """Have the service's figures counted anew."""
    await take_figures(database, service.figures)


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"bangkom_{name}", labels)


def samples(name: str, service: str) -> dict[tuple[str, ...], float]:
    """What a gauge says of a service, without the zeros, by the other labels in the order of their names."""
    found = [sample for metric in REGISTRY.collect() if metric.name == f"bangkom_{name}" for sample in metric.samples]
    return {
        tuple(value for label, value in sorted(sample.labels.items()) if label != "service"): sample.value
        for sample in found
        if sample.labels["service"] == service and sample.value
    }


async def opened(make_database: MakeDatabase, service: Service) -> Database:
    return await make_database(service=service.name, lineages=service.lineages)


async def test_needs_tells_of_needs_items_and_what_stands_still(make_database: MakeDatabase) -> None:
    database = await opened(make_database, NEEDS)
    office = await open_office(database)
    await go_to(database, date(2026, 6, 1))
    first, second = await cases.find(database, office.ani, office.budi)
    head = Actor(id=new_id(), kind="ACCOUNT", roles=frozenset({Role.EMPLOYEE}), employee_id=office.head)
    await go_to(database, date(2026, 6, 11))
    async with database.transaction() as session:
        await verify_needs(session, head, [first])
    await go_to(database, date(2026, 6, 13))
    async with database.transaction() as session:
        await validate_needs(session, cases.ANALYST, [first])

    await told(NEEDS, database)
    assert samples("needs_open", "needs") == {("IDENTIFIED",): 1, ("VALIDATED",): 1}
    assert value("needs_open", service="needs", status="PLANNED") == 0
    assert samples("cases_stuck", "needs") == {}
    assert samples("step_median_seconds", "needs") == {
        ("VERIFIED",): pytest.approx(10 * DAY, abs=60),
        ("VALIDATED",): pytest.approx(2 * DAY, abs=60),
    }

    await go_to(database, date(2026, 10, 30))
    await cases.submit(database, office, second)
    await told(NEEDS, database)
    assert samples("needs_open", "needs") == {("VALIDATED",): 2}
    assert samples("plan_items", "needs") == {("8", "SUBMITTED"): 1}
    assert samples("cases_stuck", "needs") == {("VALIDATED",): 1}


MANY_NEEDS = (
    "INSERT INTO needs (id, employee_id, competency, cycle, standard_level, current_level, unit_id, position_id,"
    " identified_on, status, contradicted, changed_at)"
    " SELECT gen_random_uuid(), gen_random_uuid(), 'K', 2026, 3, 1, gen_random_uuid(), gen_random_uuid(),"
    " '2026-01-01', 'PLANNED', false, now() FROM generate_series(1, 5000)"
)
THEIR_STEPS = (
    "INSERT INTO need_steps (id, need_id, status, taken_at, actor_id) SELECT gen_random_uuid(), n.id, s, now(), n.id"
    " FROM needs n, unnest(ARRAY['IDENTIFIED', 'VERIFIED', 'PLANNED']) s"
)


async def test_newest_steps_are_found_by_index_beside_many_old_ones(make_database: MakeDatabase) -> None:
    database = await opened(make_database, NEEDS)
    async with database.transaction() as session:
        for statement in (MANY_NEEDS, THEIR_STEPS, "ANALYZE need_steps"):
            await session.execute(text(statement))
        plan = await session.scalars(text(f"EXPLAIN {MEDIANS.text}"), {"statuses": STATUSES, "newest": 1_000})
        indexes = [word for line in plan for word in line.split() if word.startswith(("ix_", "uq_", "pk_"))]

    assert indexes == ["ix_need_steps_status_taken_at", "uq_need_steps_need_id"]


async def test_imports_are_told_for_thirty_days_by_outcome(make_database: MakeDatabase) -> None:
    database = await opened(make_database, NEEDS)
    for source in ("unit.xlsx", "Kode Unit,Nama Unit,Kode Induk\n1.99,,\n"):
        await take_in(database, kinds.UNITS, source)

    await told(NEEDS, database)
    assert samples("imports", "needs") == {("units", "APPLIED"): 1, ("units", "REFUSED"): 1}
    assert samples("import_rows_refused", "needs") == {("units",): 1}
    assert samples("imports_failing", "needs") == {("units",): 1}

    await take_in(database, kinds.UNITS, "unit.xlsx")
    await told(NEEDS, database)
    assert samples("imports", "needs") == {("units", "APPLIED"): 2, ("units", "REFUSED"): 1}
    assert samples("imports_failing", "needs") == {}

    async with database.transaction() as session:
        await clock.advance(session, timedelta(days=31), simulation=True)
    await told(NEEDS, database)
    assert samples("imports", "needs") == {}
    assert samples("import_rows_refused", "needs") == {}


def test_every_kind_of_import_of_needs_is_foreseen() -> None:
    known = {each.name for each in vars(kinds).values() if isinstance(each, kinds.ImportKind)}

    assert known == set(IMPORT_KINDS)


def _activity(employee_id: UUID, year: int, hours: int) -> ActivityRow:
    day = date(year, 2, 2)
    return ActivityRow(
        id=new_id(),
        employee_id=employee_id,
        form_code="B6",
        origin="IMPORT",
        starts_on=day,
        ends_on=day,
        scope="NATIONAL",
        counts=True,
        year=year,
        credited_hours=hours,
    )


async def test_training_tells_of_classes_demands_and_learning_hours(make_database: MakeDatabase) -> None:
    database = await opened(make_database, TRAINING)
    await go_to(database, date(2026, 3, 3))
    ani, budi, citra, dewi = await classroom.people(database, "Ani", "Budi", "Citra", "Dewi")
    running = await classroom.add_class(database, 20)
    await classroom.enrol(database, running.id, ani, budi)
    await classroom.demand(database, citra, due_date=date(2026, 3, 5))
    async with database.transaction() as session:
        session.add_all([_activity(ani, 2026, 12), _activity(ani, 2026, 8), _activity(budi, 2026, 19)])
        session.add_all([_activity(citra, 2025, 40), _activity(dewi, 2026, 40)])
        await session.execute(
            text("UPDATE directory_employees SET employment_type = 'PPPK' WHERE id = :id"), {"id": dewi}
        )

    await told(TRAINING, database)
    assert samples("classes", "training") == {("RUNNING", "SCHEDULED"): 1}
    assert samples("demands_open", "training") == {("OPEN",): 1}
    assert samples("learning_hours_people", "training") == {("REACHED",): 1, ("BELOW",): 1, ("NONE",): 1}
    assert samples("cases_stuck", "training") == {}

    await go_to(database, date(2026, 3, 6))
    await told(TRAINING, database)
    assert samples("classes", "training") == {("OVER", "SCHEDULED"): 1}
    assert samples("cases_stuck", "training") == {("CLASS",): 2, ("DEMAND",): 1}


async def test_training_tells_how_long_it_took_to_train_and_to_certify(make_database: MakeDatabase) -> None:
    database = await opened(make_database, TRAINING)
    await go_to(database, date(2026, 2, 2))
    [ani] = await classroom.people(database, "Ani")
    asked = await classroom.demand(database, ani)
    held = await classroom.add_class(database, 20)
    async with database.transaction() as session:
        newcomer = Newcomer(employee_id=ani, plan_item_id=asked.id)
        [seat] = await enrol(session, classroom.ORGANISER, held.id, [newcomer])
    await go_to(database, date(2026, 3, 6))
    await classroom.attend(database, held.id, 1, {seat.id: True})
    await classroom.close(database, held.id, date(2026, 3, 6))

    await told(TRAINING, database)
    assert samples("demands_open", "training") == {}
    assert samples("step_median_seconds", "training") == {
        # From noon in WIB to the last day as UTC begins it.
        ("TRAINED",): pytest.approx(30 * DAY, abs=DAY),
        ("CERTIFIED",): 2 * DAY,
    }


async def test_mentoring_tells_of_requests_and_pairs(make_database: MakeDatabase) -> None:
    database = await opened(make_database, MENTORING)
    await mentorship.two_cases(database)

    await told(MENTORING, database)
    assert samples("pairs", "mentoring") == {("ACTIVE",): 2}
    assert samples("mentoring_requests_open", "mentoring") == {("MATCHED",): 2, ("OPEN",): 2}
    assert set(samples("step_median_seconds", "mentoring")) <= {("MATCHED",), ("STARTED",)}
    assert samples("cases_stuck", "mentoring") == {}

    await mentorship.move_clock(database, timedelta(days=40))
    async with database.transaction() as session:
        await session.execute(text("UPDATE requests SET due_date = '2020-01-01' WHERE status = 'OPEN'"))
    await told(MENTORING, database)
    assert samples("cases_stuck", "mentoring") == {("PAIR",): 2, ("REQUEST",): 2}


async def test_evaluation_tells_of_forms_and_follow_ups_by_age(make_database: MakeDatabase) -> None:
    database = await opened(make_database, EVALUATION)
    office = workplace.office()
    await workplace.take(database, *office.recorded())
    ended = await workplace.today(database)
    failed = participants.Participant(employee_id=office.person.id, end_date=ended)
    await workplace.take(database, failed.confirmed(), failed.measured(pre=55, post=64), failed.completed())
    await workplace.take(database, workplace.mentored(office.superior.id, ended - timedelta(days=89)))

    await told(EVALUATION, database)
    assert samples("follow_ups", "evaluation") == {("00-07", "REMEDIAL", "OPEN"): 1}
    before = samples("forms", "evaluation")
    await workplace.move_clock(database, 40)
    await told(EVALUATION, database)

    assert samples("follow_ups", "evaluation") == {("31-90", "REMEDIAL", "OPEN"): 1}
    assert samples("cases_stuck", "evaluation") == {("FOLLOW_UP",): 1}
    assert ("CLASS", "DUE") in before
    assert ("CLASS", "UNANSWERED") in samples("forms", "evaluation")
    assert ("CLASS", "DUE") not in samples("forms", "evaluation")


async def test_figures_stay_as_they_are_when_one_cannot_be_counted(make_database: MakeDatabase) -> None:
    database = await opened(make_database, MENTORING)
    await told(MENTORING, database)
    taken = value("figures_taken_timestamp_seconds", service="mentoring")

    async def fail(_: object) -> list[tuple[str, int]]:
        raise DomainError("tidak dapat dihitung")

    failing = Figure(gauge=Gauge("bangkom_never", "Never told", ["service"]), labels={}, read=fail)
    with pytest.raises(DomainError):
        await take_figures(database, [*MENTORING.figures, failing])

    assert value("figures_taken_timestamp_seconds", service="mentoring") == taken
    assert value("pairs", service="mentoring", status="ACTIVE") == 0


def test_value_that_was_not_foreseen_counts_as_other() -> None:
    async def read(_: object) -> list[tuple[str, int]]:
        return []

    gauge = Gauge("bangkom_foreseen", "Kinds", ["service", "kind"])
    figure = Figure(gauge=gauge, labels={"kind": ["A", "B"]}, read=read)

    assert figure.values([("A", 1), ("X", 2), ("Y", 3), ("B", None)]) == {("A",): 1, ("B",): 0, ("OTHER",): 5}
    assert figure.most_series == 3


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
async def test_empty_service_tells_every_figure_that_is_not_sparse(
    make_database: MakeDatabase, service: Service
) -> None:
    database = await opened(make_database, service)

    await told(service, database)

    for figure in service.figures:
        (metric,) = figure.gauge.collect()
        mine = [sample for sample in metric.samples if sample.labels["service"] == service.name]
        assert len(mine) == (0 if figure.sparse else len(figure.values([])))
        assert len(mine) <= figure.most_series
    assert value("figures_taken_timestamp_seconds", service=service.name)
