"""The operator's page of a service: what waits and why, and what may be done about it. It names nobody."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.transport import Transport
from shared.delivery.worker import group_of
from shared.errors import Conflict
from shared.identity.actor import Role
from shared.metrics import kind_of
from shared.operate.repair import Repair, release_refused, waiting
from shared.operate.status import delivery_status
from shared.tables import HeldReason
from shared.web.doing import Doing, Said, may_do
from shared.web.frame import Link
from shared.web.seeing import Seeing, may_see

ROWS = 100
LAG_SECONDS = 3.0
REFUSED = text("SELECT topic, seq, reason, since FROM refused_keys ORDER BY since LIMIT :most")

OperatorSees = Annotated[Seeing, may_see(Role.OPERATOR)]
OperatorDoes = Annotated[Doing, may_do(Role.OPERATOR)]

KINDS = {
    "handler": "pengolahannya gagal",
    "not_yet": "menunggu data lain",
    "not_json": "isinya bukan JSON",
    "not_a_cloudevent": "bukan peristiwa",
    "wrong_shape": "bentuk isinya tidak sesuai",
    "no_value": "tidak berisi",
    "bytes_not_kept": "isinya tidak disimpan",
    "forged_type": "jenisnya bukan milik topik ini",
    "forged_source": "pengirimnya tidak sah",
    "unknown_agency": "instansi tidak dikenal",
}
"""What operators read for a kind of reason; the others are envelopes that contradict themselves."""

UNITS = ((86_400, "hari"), (3_600, "jam"), (60, "menit"), (1, "detik"))


class SureForm(BaseModel):
    """The check that it is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sure: Literal["yes"]


def told(reason: str) -> str:
    """A reason in words."""
    return KINDS.get(kind_of(reason), "amplopnya tidak sah")


def lasting(seconds: float) -> str:
    """A time span in its largest unit, such as 3 menit."""
    size, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{int(seconds // size)} {unit}"


def operator_link(service: str, title: str) -> Link:
    """The page in the navigation."""
    return Link(title=f"Operasi {title}", path=f"/{service}/pages/delivery", roles=frozenset({Role.OPERATOR}))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPages:
    """The page of one service and its forms; consumer handles what is replayed."""

    title: str
    database: Database
    consumer: Consumer
    transport: Transport

    @property
    def path(self) -> str:
        """Where the page is."""
        return f"/{self.database.origin.service}/pages/delivery"

    def router(self) -> APIRouter:
        """The routes of the page."""
        router = APIRouter(prefix=self.path, default_response_class=HTMLResponse)
        router.add_api_route("", self.show, methods=["GET"])
        for name, form in (
            ("/resume", self.resume),
            ("/release", self.release),
            ("/replay", self.replay_all),
            ("/{number}/replay", self.replay),
            ("/{number}/discard", self.discard),
        ):
            router.add_api_route(name, form, methods=["POST"])
        return router

    async def show(self, seeing: OperatorSees) -> Response:
        """What waits, since when and why."""
        return await self._page(seeing)

    async def resume(self, doing: OperatorDoes) -> Response:
        """Let a stopped consumer go on."""

        async def work(_: AsyncSession) -> Said:
            reason = await self._repair(doing).resume()
            return self._said("Pengolahan dilanjutkan." if reason else "Layanan ini tidak sedang berhenti.")

        return await doing.run(work, self._page)

    async def release(self, doing: OperatorDoes) -> Response:
        """Have the relay try the refused keys again."""

        async def work(session: AsyncSession) -> Said:
            await release_refused(session, doing.actor)
            return self._said("Kunci yang ditolak akan dicoba lagi.")

        return await doing.run(work, self._page)

    async def replay_all(self, doing: OperatorDoes) -> Response:
        """Try every dead letter again."""

        async def work(_: AsyncSession) -> Said:
            done, failed = await self._repair(doing).replay_all()
            return self._said(f"{done} catatan mati sudah diolah, {failed} masih gagal.")

        return await doing.run(work, self._page)

    async def replay(self, number: int, doing: OperatorDoes) -> Response:
        """Try one held record, and what waits behind it."""

        async def work(_: AsyncSession) -> Said:
            if not await self._repair(doing).replay(number):
                raise Conflict(f"Catatan {number} atau yang di belakangnya masih gagal dan tetap tertahan.")
            return self._said(f"Catatan {number} dan semua di belakangnya sudah diolah.")

        return await doing.run(work, self._page)

    async def discard(self, number: int, doing: OperatorDoes) -> Response:
        """Drop one held record."""

        async def work(_: AsyncSession) -> Said:
            doing.filled(SureForm)
            gone_on = await self._repair(doing).discard(number)
            rest = "" if gone_on else " Catatan berikutnya dari kunci itu masih tertahan."
            return self._said(f"Catatan {number} dibuang.{rest}")

        return await doing.run(work, self._page)

    def _repair(self, doing: Doing) -> Repair:
        return Repair(self.database, self.consumer, doing.actor)

    def _said(self, sentence: str) -> Said:
        return Said(to=self.path, sentence=sentence)

    async def _page(self, seeing: Seeing) -> HTMLResponse:
        session = seeing.session
        status = await delivery_status(session, self.database.origin.service)
        by_status = {
            each.value: sum(count for (held, _), count in status.held.items() if held == each) for each in HeldReason
        }
        return await seeing.show(
            "delivery.html",
            title=self.title,
            path=self.path,
            status=status,
            held=by_status,
            dead=await waiting(session, [HeldReason.DEAD], ROWS),
            deferred=await waiting(session, [HeldReason.DEFERRED], ROWS),
            refused=(await session.execute(REFUSED, {"most": ROWS})).all(),
            lag=await self._lag(),
            told=told,
            lasting=lasting,
        )

    async def _lag(self) -> dict[str, int] | None:
        """Records not taken yet, by topic; None while the log does not answer."""
        asking = self.transport.lag(group_of(self.database.origin.service), self.consumer.topics)
        try:
            behind = await asyncio.wait_for(asking, LAG_SECONDS)
        except Exception:  # noqa: BLE001 the page says that the log does not answer
            return None
        return {topic: sum(n for (name, _), n in behind.items() if name == topic) for topic in self.consumer.topics}
