"""What is counted of the work of training, for operators: how many of each kind, and nobody by name."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import ClassStatus, DemandStatus
from services.training.rules import LEARNING_HOURS_TARGET
from shared import clock
from shared.operate.figures import Figure, Told, counted, imports, medians, stuck

PHASES = ("AHEAD", "RUNNING", "OVER")
STANDINGS = ("REACHED", "BELOW", "NONE")
NEWEST = 1_000

DEMANDS = text("SELECT status, count(*) FROM demands WHERE status IN ('OPEN', 'ENROLLED') GROUP BY status")
CLASSES = text(
    "SELECT status, CASE WHEN start_date > :today THEN 'AHEAD' WHEN end_date >= :today THEN 'RUNNING' ELSE 'OVER' END,"
    " count(*) FROM classes GROUP BY 1, 2"
)
LEARNING_HOURS = text(
    "SELECT CASE WHEN hours >= target THEN 'REACHED' WHEN hours > 0 THEN 'BELOW' ELSE 'NONE' END, count(*)"
    " FROM (SELECT coalesce(credited.hours, 0) AS hours, asked.target FROM directory_employees p"
    "  JOIN unnest(CAST(:types AS text[]), CAST(:targets AS integer[])) AS asked(type, target)"
    "   ON asked.type = p.employment_type"
    "  LEFT JOIN (SELECT employee_id, sum(credited_hours) AS hours FROM activities WHERE year = :year AND counts"
    "   GROUP BY employee_id) credited ON credited.employee_id = p.id"
    "  WHERE p.legal_status = ANY(CAST(:active AS text[]))) people GROUP BY 1"
)
STUCK = text(
    "SELECT 'DEMAND', count(*) FROM demands WHERE status = 'OPEN' AND due_date < :today"
    " UNION ALL SELECT 'CLASS', count(*) FROM classes c JOIN enrolments e ON e.class_id = c.id"
    "  WHERE c.status = 'SCHEDULED' AND c.end_date < :today AND e.status = 'CONFIRMED'"
)
MEDIANS = text(
    "SELECT 'TRAINED', percentile_cont(0.5) WITHIN GROUP ("
    "  ORDER BY greatest(0, extract(epoch FROM c.end_date - d.demanded_at)))"
    " FROM (SELECT * FROM demands WHERE status = 'MET' ORDER BY id DESC LIMIT :newest) d"
    " JOIN enrolments e ON e.id = d.enrolment_id JOIN classes c ON c.id = e.class_id"
    " UNION ALL SELECT 'CERTIFIED', percentile_cont(0.5) WITHIN GROUP ("
    "  ORDER BY 86400.0 * (n.issued_on - c.end_date))"
    " FROM (SELECT * FROM certificates ORDER BY id DESC LIMIT :newest) n"
    " JOIN enrolments e ON e.id = n.enrolment_id JOIN classes c ON c.id = e.class_id"
)


async def demands(session: AsyncSession) -> Told:
    """What is asked of training and not met yet, by status."""
    return (await session.execute(DEMANDS)).all()


async def classes(session: AsyncSession) -> Told:
    """Classes by status and by where their days lie; one that is over and still scheduled waits to be closed."""
    return (await session.execute(CLASSES, {"today": await clock.today(session)})).all()


async def learning_hours(session: AsyncSession) -> Told:
    """People at work who have a target, by how this year's credited hours stand to that of a whole year."""
    today = await clock.today(session)
    version = LEARNING_HOURS_TARGET.in_force(today)
    if version is None:
        return ()
    asked = {"types": list(version.hours), "targets": list(version.hours.values()), "active": sorted(version.active)}
    return (await session.execute(LEARNING_HOURS, {**asked, "year": today.year})).all()


async def stuck_cases(session: AsyncSession) -> Told:
    """Demands past the day they were due, and seats in classes that are over and not closed."""
    return (await session.execute(STUCK, {"today": await clock.today(session)})).all()


async def step_seconds(session: AsyncSession) -> Told:
    """The median time from a demand to the end of its class, and from there to the certificate."""
    return (await session.execute(MEDIANS, {"newest": NEWEST})).all()


FIGURES: tuple[Figure, ...] = (
    counted(
        "bangkom_demands_open",
        "Demands of the plan and of follow-ups that no class has met yet",
        {"status": [DemandStatus.OPEN.value, DemandStatus.ENROLLED.value]},
        demands,
    ),
    counted(
        "bangkom_classes",
        "Classes by where their days lie",
        {"status": [status.value for status in ClassStatus], "phase": PHASES},
        classes,
    ),
    counted(
        "bangkom_learning_hours_people",
        "People with a target, by how this year's learning hours stand to that of a whole year",
        {"standing": STANDINGS},
        learning_hours,
    ),
    stuck(("DEMAND", "CLASS"), stuck_cases),
    medians(("TRAINED", "CERTIFIED"), step_seconds),
    *imports(("activities",)),
)
