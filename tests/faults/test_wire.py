"""The reader of the wire tells what was lost, overtaken or invented, and lets repetition pass."""

from __future__ import annotations

from uuid import UUID

import pytest

from shared.delivery.envelope import Record
from tests.faults.wire import wire_findings

KEY, OTHER = "0190a0e0-0000-7000-8000-00000000000a", "0190a0e0-0000-7000-8000-00000000000b"


def event(number: int, key: str = KEY) -> Record:
    headers = [("ce_id", str(UUID(int=number)).encode()), ("ce_sequence", str(number).encode())]
    return Record("bangkom.training", 0, number, key, headers, b"{}", 0)


def ids(*numbers: int) -> set[UUID]:
    return {UUID(int=number) for number in numbers}


@pytest.mark.parametrize(
    ("wire", "findings"),
    [
        ([1, 2, 3], []),
        ([1, 2, 1, 2, 3, 1], []),
        ([1, 3, 2], ["overtaken on the wire: 1"]),
        ([1, 3], ["lost on the wire: 1"]),
        ([1, 2, 3, 4], ["invented on the wire: 1"]),
        ([1, 2, 3, 9], []),
    ],
)
def test_wire_findings_tell_what_is_wrong(wire: list[int], findings: list[str]) -> None:
    assert wire_findings([event(number) for number in wire], emitted=ids(1, 2, 3), planted=ids(9)) == findings


def test_wire_findings_promise_no_order_across_keys() -> None:
    assert wire_findings([event(2), event(1, OTHER), event(3)], emitted=ids(1, 2, 3), planted=set()) == []


def test_wire_findings_pass_over_what_bears_no_id_of_ours() -> None:
    nameless = Record("bangkom.training", 0, 7, None, [("ce_id", b"\xff")], None, 0)

    assert wire_findings([event(1), nameless], emitted=ids(1), planted=set()) == []
