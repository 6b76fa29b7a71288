"""What an installation stands on, as figures: disks, the newest backup, and the certificates that servers show."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click
import structlog

from shared import metrics, telemetry
from shared.operate import kept
from shared.operate.encrypted import anybody, open_encrypted
from shared.operate.findings import existing
from shared.process import Process
from shared.settings import Settings, settings_for

CERTIFICATES_SECONDS = 600.0
ANSWER_SECONDS = 5.0

log = structlog.get_logger()


class Surroundings:
    """Tells its figures anew whenever it is asked to, and looks at certificates every ten minutes.

    folders are those whose disks are looked at, by the name they are told under; backups are those of the agency, which
    a simulation need not have; places are servers as in tls://gateway:8443 or postgresql://postgres:5432.
    """

    def __init__(
        self, agency: str, folders: Mapping[str, Path], backups: Path | None = None, places: Sequence[str] = ()
    ) -> None:
        self._agency = agency
        self._folders = folders
        self._backups = backups
        self._places = places
        self._looked_at: float | None = None

    async def refresh(self) -> None:
        """Bring the gauges up to date; what cannot be read keeps its last figure."""
        await asyncio.gather(asyncio.to_thread(self._tell_of_folders), self._look_at_certificates())

    def _tell_of_folders(self) -> None:
        for name, folder in self._folders.items():
            disk = shutil.disk_usage(existing(folder))
            metrics.DISK_SIZE.labels(name).set(disk.total)
            metrics.DISK_FREE.labels(name).set(disk.free)
        if self._backups is not None:
            own = [paper for _, paper in kept.all_kept(self._backups) if paper.agency == self._agency]
            metrics.BACKUP_MADE.labels(self._agency).set(own[-1].made_at.timestamp() if own else 0)

    async def _look_at_certificates(self) -> None:
        now = time.monotonic()
        if self._looked_at is None or now - self._looked_at >= CERTIFICATES_SECONDS:
            self._looked_at = now
            await asyncio.gather(*map(_look_at_certificate, self._places))


async def _look_at_certificate(place: str) -> None:
    try:
        ends = await asyncio.wait_for(certificate_end(place), ANSWER_SECONDS)
    except Exception as error:  # noqa: BLE001 a server that is away has alerts of its own
        log.warning("certificate_unseen", place=place, error=type(error).__name__)
        return
    metrics.CERTIFICATE_ENDS.labels(place.partition("://")[2]).set(ends)


async def certificate_end(place: str) -> float:
    """When the certificate ends that a server shows, in seconds since 1970; whoever signed it. Raises OSError."""
    # Loaded only for those who look at certificates.
    from cryptography import x509  # noqa: PLC0415 as said

    url = urlsplit(place)
    assert url.hostname is not None
    assert url.port is not None
    _, writer = await open_encrypted(url.hostname, url.port, anybody(), postgres=url.scheme == "postgresql")
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    return x509.load_der_x509_certificate(shown).not_valid_after_utc.timestamp()


def surroundings_of(settings: Settings) -> Surroundings:
    """Those of a process that runs everything in a folder of its own."""
    folders = {"data": settings.data, "backups": settings.backups}
    # What was made up need not be kept.
    return Surroundings(settings.agency, folders, None if settings.simulation else settings.backups)


@click.command()
def watch() -> None:
    """Ceritakan di BANGKOM_OPS_PORT sisa ruang disk, umur cadangan terbaru, dan akhir sertifikat instalasi penuh."""
    telemetry.configure_logs()
    settings = settings_for()
    folders = {folder.name: folder for folder in settings.watch_folders}
    around = Surroundings(settings.agency, folders, settings.backups, settings.watch_certificates)
    asyncio.run(Process(settings, [], {}, frozenset(), around.refresh).run())
