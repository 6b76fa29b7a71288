"""Going on with a database that was restored from a backup, so that the log is ahead of it."""

from __future__ import annotations

import click
from aiokafka.errors import CommitFailedError, IllegalGenerationError, UnknownMemberIdError
from sqlalchemy import text

from shared import audit
from shared.delivery.relay import LOCK
from shared.delivery.worker import group_of
from shared.errors import Conflict
from shared.event_log import GroupTaken
from shared.identity.actor import SYSTEM
from shared.operate.installation import Installation, execute
from shared.operate.words import chosen, service_option

READ_FOR = (CommitFailedError, IllegalGenerationError, UnknownMemberIdError, GroupTaken)
"""What a log answers when somebody reads for the group."""

NO_RELAY = text("SELECT pg_try_advisory_xact_lock(:lock)")
NEXT_EPOCH = text("UPDATE delivery_epoch SET epoch = epoch + 1 RETURNING epoch")


@click.command()
@service_option
@click.confirmation_option(prompt="Basis data layanan ini dipulihkan dari cadangan?")
@click.pass_obj
def restored(installation: Installation, name: str | None) -> None:
    """Teruskan layanan yang basis datanya dipulihkan dari cadangan; prosesnya harus berhenti.

    Yang diterbitkannya sejak sekarang dianggap lebih baru, dan semua topik dibacanya sekali lagi dari awal.
    """
    epoch = execute(_restored(installation, chosen(installation, name)))
    click.echo(f"Masa {epoch} dimulai; semua topik dibaca sekali lagi.")


async def _restored(installation: Installation, service: str) -> int:
    topics = installation.services[service].topics
    async with installation.database(service) as database, installation.transport() as log:
        # In the transaction: either both are done, or the command may simply be given again.
        async with database.transaction() as session:
            if not await session.scalar(NO_RELAY, {"lock": LOCK}):
                raise Conflict("Relay layanan ini masih berjalan: hentikan dahulu.")
            epoch: int = (await session.execute(NEXT_EPOCH)).scalar_one()
            audit.record(session, SYSTEM, "database_restored", "database", details={"epoch": epoch})
            try:
                await log.read_again(group_of(service), topics)
            except READ_FOR:
                raise Conflict("Worker layanan ini masih berjalan: hentikan dahulu.") from None
        return epoch
