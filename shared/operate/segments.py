"""The server's write-ahead log as it is kept beside backups: files of equal size, by timeline."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from shared.errors import Conflict
from shared.operate import kept

SEGMENT_BYTES = 16 * 2**20
SEGMENTS_PER_FILE_NUMBER = 2**32 // SEGMENT_BYTES
NAME_LENGTH = 24
HEX = 16


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file of the log: the server's timeline, which a restore raises, and the number of the file on it."""

    timeline: int
    number: int

    @classmethod
    def of(cls, name: str) -> Segment:
        """The segment that a file's name stands for."""
        timeline, high, low = (int(name[first : first + 8], HEX) for first in (0, 8, 16))
        return cls(timeline, high * SEGMENTS_PER_FILE_NUMBER + low)


def folder_of(backups: Path, timeline: int) -> Path:
    """Where the log of a timeline is kept."""
    return backups / f"wal-{timeline:08X}"


def first_segment(backup: Path) -> Segment:
    """The oldest segment that a backup needs to recover; raises Conflict where the server's own paper is broken."""
    manifest = backup / kept.POSTGRES_MANIFEST
    try:
        [span, *_] = orjson.loads(manifest.read_bytes())["WAL-Ranges"]
    except (OSError, ValueError, KeyError):
        raise Conflict(f"{manifest}: berkas ini hilang atau rusak; log di samping cadangan dibiarkan.") from None
    high, low = (int(part, HEX) for part in span["Start-LSN"].split("/"))
    return Segment(span["Timeline"], (high << 32 | low) // SEGMENT_BYTES)


def lay_out(backup: Path, into: Path) -> None:
    """Put the kept log from a backup on into a folder, as the server reads it; raises Conflict where a part is missing.

    The histories of all timelines go with it, so that the server begins one that none had before.
    """
    for history in backup.parent.glob("wal-*/*.history"):
        shutil.copy(history, into)
    first = first_segment(backup)
    folder = folder_of(backup.parent, first.timeline)
    segments = {
        Segment.of(path.name): path
        for path in folder.glob("[0-9A-F]*")
        if len(path.name.removesuffix(".partial")) == NAME_LENGTH
    }
    needed = [segment for segment in sorted(segments) if segment >= first]
    if not needed:
        raise Conflict(f"{folder}: tidak ada log sejak cadangan ini dibuat.")
    _require_unbroken(folder, first, needed)
    for segment in needed:
        shutil.copy(segments[segment], into / segments[segment].name.removesuffix(".partial"))


def _require_unbroken(folder: Path, first: Segment, segments: Sequence[Segment]) -> None:
    for number, segment in enumerate(segments, first.number):
        if segment.number != number:
            raise Conflict(f"{folder}: log terputus sebelum bagian {segment.number}; pakailah cadangan sesudahnya.")


def remove_older(backups: Path) -> None:
    """Remove the kept log that no backup needs any more."""
    starts = [first_segment(path) for path, paper in kept.all_kept(backups) if paper.kind == "full"]
    for path in backups.glob("wal-*/[0-9A-F]*"):
        name = path.name.removesuffix(".partial").removesuffix(".history")
        if starts and len(name) == NAME_LENGTH and Segment.of(name) < min(starts):
            path.unlink()
