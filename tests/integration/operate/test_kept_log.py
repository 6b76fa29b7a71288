"""The log beside backups of a full installation goes with those that needed it, and is whole where it is used."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.errors import Conflict
from shared.operate import kept, segments
from shared.operate.backup import remove_old

AGENCY = "medan"
SERVER = 180_004


def backed_up(
    folder: Path, day: int, segment: int = 0, *, timeline: int = 1, agency: str = AGENCY, kind: kept.Kind = "full"
) -> Path:
    """A backup of that day of the month, which needs the log from a segment on."""
    made_at = datetime(2026, 3, day, tzinfo=UTC)
    path = folder / kept.name_of(agency, made_at)
    path.mkdir()
    start = f"0/{segment * segments.SEGMENT_BYTES + 40:X}"
    ranges = [{"Timeline": timeline, "Start-LSN": start, "End-LSN": start}]
    (path / kept.POSTGRES_MANIFEST).write_text(json.dumps({"WAL-Ranges": ranges}))
    paper = kept.Kept(
        format=kept.FORMAT,
        kind=kind,
        agency=agency,
        program="0.1.0",
        made_at=made_at,
        postgres=SERVER,
        bytes=0,
        databases={},
        versions={},
        files={},
    )
    (path / kept.PAPER).write_bytes(kept.seal(paper))
    return path


def name(segment: int, timeline: int = 1) -> str:
    return f"{timeline:08X}{segment // 256:08X}{segment % 256:08X}"


def fetched(folder: Path, numbers: Iterable[int], *, timeline: int = 1) -> Path:
    """The log of a timeline, with its history; the newest segment is still being fetched."""
    log = segments.folder_of(folder, timeline)
    log.mkdir()
    *whole, newest = numbers
    for number in whole:
        (log / name(number, timeline)).write_text(f"{timeline}/{number}")
    (log / f"{name(newest, timeline)}.partial").write_text(f"{timeline}/{newest}")
    (log / f"{timeline:08X}.history").write_text("begun")
    return log


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_log_goes_with_the_backups_that_needed_it(tmp_path: Path) -> None:
    first, second, third = (backed_up(tmp_path, day, segment) for day, segment in ((1, 254), (2, 257), (3, 259)))
    log = fetched(tmp_path, range(253, 261))

    gone = remove_old(tmp_path, AGENCY, 2)

    assert gone == [first]
    assert names(tmp_path) == {second.name, third.name, log.name}
    assert names(log) == {*(name(number) for number in range(257, 260)), f"{name(260)}.partial", "00000001.history"}


def test_nothing_goes_unasked(tmp_path: Path) -> None:
    backed_up(tmp_path, 1, 4)
    log = fetched(tmp_path, range(2, 8))
    before = names(tmp_path), names(log)

    assert remove_old(tmp_path, AGENCY, None) == []
    assert remove_old(tmp_path, AGENCY, 1) == []
    assert (names(tmp_path), names(log)) == before


def test_log_of_a_timeline_goes_with_its_last_backup(tmp_path: Path) -> None:
    backed_up(tmp_path, 1, 3)
    backed_up(tmp_path, 2, 2, timeline=2)
    former, present = fetched(tmp_path, range(3, 6)), fetched(tmp_path, range(1, 4), timeline=2)

    remove_old(tmp_path, AGENCY, 2)
    kept_for_both = names(former)
    remove_old(tmp_path, AGENCY, 1)

    assert kept_for_both == {name(3), name(4), f"{name(5)}.partial", "00000001.history"}
    assert names(former) == {"00000001.history"}
    assert names(present) == {name(2, 2), f"{name(3, 2)}.partial", "00000002.history"}


def test_embedded_backups_need_no_log_and_keep_none(tmp_path: Path) -> None:
    for day in (1, 2):
        backed_up(tmp_path, day, kind="embedded")
    log = fetched(tmp_path, range(2))

    remove_old(tmp_path, AGENCY, 1)

    assert names(log) == {name(0), f"{name(1)}.partial", "00000001.history"}


def test_what_is_not_a_whole_backup_of_the_agency_is_neither_counted_nor_removed(tmp_path: Path) -> None:
    old, foreign, spoilt, new = (
        backed_up(tmp_path, day, day, agency=agency)
        for day, agency in ((3, AGENCY), (1, "kupang"), (2, AGENCY), (4, AGENCY))
    )
    (spoilt / kept.PAPER).write_text("{}")
    half_made = tmp_path / f".{kept.PREFIX}{AGENCY}.partial"
    half_made.mkdir()

    gone = remove_old(tmp_path, AGENCY, 1)

    assert gone == [old]
    assert names(tmp_path) == {foreign.name, spoilt.name, half_made.name, new.name}


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"WAL-Ranges": []}'])
def test_log_stays_while_it_is_not_known_which_part_a_backup_needs(tmp_path: Path, content: bytes | None) -> None:
    backed_up(tmp_path, 1, 2)
    unclear = backed_up(tmp_path, 2, 5) / kept.POSTGRES_MANIFEST
    backed_up(tmp_path, 3, 6)
    log = fetched(tmp_path, range(2, 8))
    before = names(log)
    if content is None:
        unclear.unlink()
    else:
        unclear.write_bytes(content)

    with pytest.raises(Conflict, match="dibiarkan") as refused:
        remove_old(tmp_path, AGENCY, 2)

    assert str(unclear) in refused.value.detail
    assert names(log) == before


def test_log_is_laid_out_from_the_backup_on_with_the_histories_of_all_timelines(tmp_path: Path) -> None:
    backup = backed_up(tmp_path, 1, 255)
    fetched(tmp_path, range(253, 258))
    fetched(tmp_path, range(257, 259), timeline=2)
    into = tmp_path / "pg_wal"
    into.mkdir()

    segments.lay_out(backup, into)

    assert {path.name: path.read_text() for path in into.iterdir()} == {
        name(255): "1/255",
        name(256): "1/256",
        name(257): "1/257",
        "00000001.history": "begun",
        "00000002.history": "begun",
    }


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([2, 3], "tidak ada log sejak"),
        ([5, 6, 7], "terputus sebelum bagian 5"),
        ([4, 5, 7, 8], "terputus sebelum bagian 7"),
    ],
)
def test_log_with_a_gap_is_refused_by_the_place_of_the_gap(tmp_path: Path, there: list[int], said: str) -> None:
    backup = backed_up(tmp_path, 1, 4)
    log = fetched(tmp_path, there)
    into = tmp_path / "pg_wal"
    into.mkdir()

    with pytest.raises(Conflict, match=said) as refused:
        segments.lay_out(backup, into)

    assert str(log) in refused.value.detail
    assert names(into) <= {"00000001.history"}
