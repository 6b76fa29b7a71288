"""Certificates: issued with a completion, revoked when it is corrected away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import Certificate, Enrolment, Program, certificate_number
from services.training.tables import CertificateRow
from shared.db import insert_rows
from shared.delivery import outbox
from shared.events.training import CertificateIssued, CertificateRevoked
from shared.ids import new_id

# Locks the year until the transaction ends, so that no serial is left out when one fails.
TAKE_SERIALS = text(
    "INSERT INTO certificate_serials (year, last) VALUES (:year, :count)"
    " ON CONFLICT (year) DO UPDATE SET last = certificate_serials.last + excluded.last RETURNING last"
)
REVOKE = text(
    "UPDATE certificates SET revoked_on = :today WHERE enrolment_id = ANY(CAST(:enrolment_ids AS uuid[]))"
    " AND revoked_on IS NULL RETURNING id, enrolment_id, employee_id"
)


async def issue_certificates(
    session: AsyncSession, completed: Sequence[tuple[Program, Enrolment]], today: date
) -> list[Certificate]:
    """Give every completed seat a certificate with the next numbers of the year."""
    if not completed:
        return []
    last: int = (await session.execute(TAKE_SERIALS, {"year": today.year, "count": len(completed)})).scalar_one()
    issued = [
        Certificate(
            id=new_id(),
            enrolment_id=enrolment.id,
            employee_id=enrolment.employee_id,
            program_id=program.id,
            number=certificate_number(serial, program.code, today),
            issued_on=today,
        )
        for serial, (program, enrolment) in enumerate(completed, start=last - len(completed) + 1)
    ]
    await insert_rows(session, CertificateRow, [_values(certificate) for certificate in issued])
    for certificate, (_, enrolment) in zip(issued, completed, strict=True):
        outbox.record(session, _issued(certificate), correlation=enrolment.correlation_id)
    return issued


async def revoke_certificates(session: AsyncSession, enrolments: Collection[Enrolment], today: date) -> None:
    """Revoke the certificates of seats that were not completed after all."""
    seats: dict[UUID, Enrolment] = {enrolment.id: enrolment for enrolment in enrolments}
    if not seats:
        return
    for row in await session.execute(REVOKE, {"enrolment_ids": list(seats), "today": today}):
        event = CertificateRevoked(
            certificate_id=row.id,
            enrolment_id=row.enrolment_id,
            employee_id=row.employee_id,
            reason="COMPLETION_CORRECTED",
        )
        outbox.record(session, event, correlation=seats[row.enrolment_id].correlation_id)


def _values(certificate: Certificate) -> dict[str, object]:
    return {
        "id": certificate.id,
        "enrolment_id": certificate.enrolment_id,
        "employee_id": certificate.employee_id,
        "program_id": certificate.program_id,
        "number": certificate.number,
        "issued_on": certificate.issued_on,
    }


def _issued(certificate: Certificate) -> CertificateIssued:
    return CertificateIssued(
        certificate_id=certificate.id,
        enrolment_id=certificate.enrolment_id,
        employee_id=certificate.employee_id,
        program_id=certificate.program_id,
        issued_on=certificate.issued_on,
    )
