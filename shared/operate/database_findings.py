"""What may be wrong with one database: away, old or new tables, a clock, rights beyond its own, what waits in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database, Difference, Lineage, differing_lineages
from shared.operate.findings import Finding, of_clock
from shared.operate.installation import AWAY
from shared.operate.status import delivery_status
from shared.tables import HeldReason

OUTBOX_SECONDS = 300.0
TIMERS_SECONDS = 900.0
NOW = text("SELECT clock_timestamp()")
SUPERUSER = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
OTHERS = text(
    "SELECT datname FROM pg_database WHERE datname = ANY(CAST(:names AS text[])) AND datname <> current_database()"
    " AND has_database_privilege(datname, 'CONNECT') ORDER BY datname"
)


async def of_database(
    database: Database, lineages: Sequence[Lineage], *, service: bool, kept_apart: Collection[str] = ()
) -> list[Finding]:
    """Look at a database, of a service or of accounts; those named must be out of reach of its account."""
    place = database.origin.service
    try:
        tables = list(_of_tables(place, await differing_lineages(database, lineages)))
        async with database.session() as session:
            before = datetime.now(UTC)
            there: datetime = (await session.execute(NOW)).scalar_one()
            clock = of_clock(f"{place} (basis data)", (there - before).total_seconds())
            rights = await _of_rights(session, place, kept_apart) if kept_apart else []
            waiting = await _of_delivery(session, place) if service and not tables else []
    except AWAY as error:
        name = type(getattr(error, "orig", None) or error).__name__
        return [
            Finding(
                code="database-away",
                place=place,
                wrong=f"basis data tidak terjangkau ({name})",
                action=f"periksa PostgreSQL dan BANGKOM_{place.upper()}_DATABASE_URL",
            )
        ]
    return [*tables, *clock, *rights, *waiting]


def _of_tables(place: str, differing: Mapping[str, Difference]) -> Iterator[Finding]:
    for lineage, found in differing.items():
        if found.is_newer:
            wrong = f"tabel {lineage} berversi {found.current}, yang belum dikenal program ini"
            yield Finding(code="tables-new", place=place, wrong=wrong, action="pasang Bangkom yang lebih baru")
        else:
            wrong = f"tabel {lineage} berversi {found.current or 'kosong'}, program ini {found.ours}"
            yield Finding(code="tables-old", place=place, wrong=wrong, action="jalankan migrate layanan ini")


async def _of_rights(session: AsyncSession, place: str, kept_apart: Collection[str]) -> list[Finding]:
    found = []
    if await session.scalar(SUPERUSER):
        action = "ALTER ROLE … NOSUPERUSER, atau pakai akun layanan ini sendiri"
        found.append(Finding(code="rights-wide", place=place, wrong="akunnya superuser", action=action))
    for name in await session.scalars(OTHERS, {"names": list(kept_apart)}):
        action = f"REVOKE CONNECT ON DATABASE {name} dari akun ini dan dari PUBLIC"
        found.append(Finding(code="rights-wide", place=place, wrong=f"akunnya dapat masuk ke {name}", action=action))
    return found


async def _of_delivery(session: AsyncSession, place: str) -> list[Finding]:
    status = await delivery_status(session, place)
    dead = sum(count for (held, _), count in status.held.items() if held == HeldReason.DEAD)
    wrongs = {
        "consumer-stopped": (
            status.stopped is not None,
            f"berhenti mengolah: {status.stopped}",
            f"bangkom resume --service {place}",
        ),
        "keys-refused": (status.refused_keys, f"{status.refused_keys} kunci ditolak broker", "bangkom outbox"),
        "dead-letters": (dead, f"{dead} catatan mati", "bangkom dead-letters list"),
        "outbox-old": (
            status.oldest_seconds > OUTBOX_SECONDS,
            f"{status.unpublished} peristiwa belum terkirim, tertua {status.oldest_seconds:.0f} detik",
            "jalankan relay layanan ini, atau perbaiki broker",
        ),
        "timers-late": (
            status.timers_late_seconds > TIMERS_SECONDS,
            f"{status.timers_due} timer terlambat, terlama {status.timers_late_seconds:.0f} detik",
            "jalankan worker layanan ini",
        ),
    }
    return [
        Finding(code=code, place=place, wrong=wrong, action=action)
        for code, (is_so, wrong, action) in wrongs.items()
        if is_so
    ]
