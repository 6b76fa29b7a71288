"""Operator commands of the evaluation service: surveys of citizens in, the journey of a need out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click

from services.evaluation.domain.citizens import EighthElement
from services.evaluation.imports import import_surveys
from services.evaluation.queries import journeys as queries
from services.evaluation.queries.journeys import Journey
from services.evaluation.tables import JourneyEventRow
from shared.db import Database
from shared.errors import DomainError
from shared.files.outcome import Outcome
from shared.identity.actor import Actor, Role
from shared.operate.imports import DatabaseHolder, partial, report, take_in, workbook

NOT_FOUND = 1

OPERATOR = Actor(id=UUID(int=0), kind="SYSTEM", roles=frozenset({Role.AUDITOR}))
"""Whoever may start programs on the server may follow a case; names are nowhere in it."""

EIGHTH = {"sarana": EighthElement.FACILITIES, "pengaduan": EighthElement.COMPLAINTS}
SHOWN = ("level", "verdict", "figure", "gain", "rule", "rule_version", "kind", "target", "round", "reason", "gap")


@click.group("import")
def import_group() -> None:
    """Impor dari .xlsx atau .csv: survei kepuasan masyarakat.

    Seluruh berkas diperiksa lebih dahulu. Kode keluar 1: ada baris yang salah dan tidak ada yang dicatat;
    2: berkas tidak dapat dibaca.
    """


@import_group.command("citizen-surveys")
@workbook
@click.option("--u8", type=click.Choice(sorted(EIGHTH)), default="sarana", help="Arti unsur U8; U9 yang lainnya.")
@partial
@report
@click.pass_obj
def import_citizen_surveys(
    holder: DatabaseHolder, file: Path, u8: str, *, accept_partial: bool, report_path: Path | None
) -> None:
    """Impor survei kepuasan masyarakat per triwulan; indeks resmi disimpan di samping hitungan tepat."""

    async def work(database: Database, content: bytes) -> Outcome:
        return await import_surveys(database, OPERATOR, content, EIGHTH[u8], accept_partial=accept_partial)

    take_in(holder, "evaluation", file, report_path, work)


@click.command("journey")
@click.argument("case", type=click.UUID)
@click.pass_obj
def journey(holder: DatabaseHolder, case: UUID) -> None:
    """Tampilkan perjalanan satu kebutuhan: id kebutuhan, atau id butir rencana, peserta, pasangan, tindak lanjutnya."""

    async def find() -> tuple[Journey, list[str]]:
        async with holder.database("evaluation") as database, database.session() as session:
            found = await queries.journey(session, OPERATOR, await queries.need_of(session, case))
            return found, _lines(found, database)

    try:
        found, lines = asyncio.run(find())
    except DomainError as refusal:
        click.echo(refusal.detail, err=True)
        sys.exit(NOT_FOUND)
    need = found.need
    click.echo(f"Kebutuhan {need.id}: {need.competency}, siklus {need.cycle}, pegawai {need.employee_id}")
    click.echo(f"Tingkat {need.current_level}, standar {need.standard_level}")
    for line in lines:
        click.echo(line)


def _lines(found: Journey, database: Database) -> list[str]:
    numbers = {str(step.event_id): number for number, step in enumerate(found.steps, start=1)}
    lines = [_line(number, step, numbers, database) for number, step in enumerate(found.steps, start=1)]
    return lines + [
        f"     tinjauan {review.due_date}: {review.activity_kind} {review.status}"
        f" ({review.ground or 'menunggu'}, {review.rule} {review.rule_version})"
        for review in found.reviews
    ]


def _line(number: int, step: JourneyEventRow, numbers: dict[str, int], database: Database) -> str:
    at = step.happened_at.astimezone(database.origin.zone).strftime("%Y-%m-%d %H:%M") if step.happened_at else "?"
    fact = step.type.split(".")[2]
    cause = f"langkah {numbers[step.causation]}" if step.causation in numbers else step.causation or "tidak diketahui"
    facts = " ".join(f"{name}={step.data[name]}" for name in SHOWN if step.data.get(name) is not None)
    return f"{number:>3}. {at} {step.service}: {fact} [{step.event_id}] karena {cause} {facts}".rstrip()


COMMANDS: Sequence[click.Command] = (import_group, journey)
