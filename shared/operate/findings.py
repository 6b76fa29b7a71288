"""What a checkup finds: where, what is wrong, and what to do; and the checks of the machine's folders."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shared.operate import kept

LEAST_FREE = 2 * 2**30
"""Bytes: a day of a large agency, with room for what PostgreSQL writes at a checkpoint."""
OLDEST_BACKUP = timedelta(hours=26)
"""A backup each night, and two hours for it."""
CLOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: a stable code for programs, and a line for people."""

    code: str
    place: str
    wrong: str
    action: str

    @property
    def line(self) -> str:
        """All of it on one line."""
        return f"{self.place}: {self.wrong} → {self.action}"


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there: its disk is the one that the folder will lie on."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def of_disk(folder: Path, least: int = LEAST_FREE) -> list[Finding]:
    """Whether there is room on the disk of a folder."""
    free = shutil.disk_usage(existing(folder)).free
    if free >= least:
        return []
    return [
        Finding(
            code="disk-full",
            place=str(folder),
            wrong=f"sisa {free / 1e9:.1f} GB",
            action=f"kosongkan atau besarkan; perlu {least / 1e9:.1f} GB",
        )
    ]


def of_backups(folder: Path, now: datetime) -> list[Finding]:
    """Whether the newest whole backup is young enough."""
    found = kept.all_kept(folder)
    if not found:
        wrong = "tidak ada cadangan yang lengkap"
    elif now - found[-1][1].made_at > OLDEST_BACKUP:
        wrong = f"cadangan terbaru dari {found[-1][1].made_at:%Y-%m-%d %H:%M} UTC"
    else:
        return []
    return [
        Finding(code="backup-old", place=str(folder), wrong=wrong, action="bangkom backup, dan jadwalkan tiap malam")
    ]


def of_clock(place: str, seconds_ahead: float) -> list[Finding]:
    """Whether a server's clock agrees with that of another place, which it is ahead of by so much."""
    if abs(seconds_ahead) <= CLOCK_SECONDS:
        return []
    return [
        Finding(
            code="clock-skew",
            place=place,
            wrong=f"jamnya berselisih {seconds_ahead:+.0f} detik",
            action="samakan jam kedua mesin (NTP)",
        )
    ]
