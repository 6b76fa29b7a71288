"""A request moves only where the table of transitions allows it."""

from dataclasses import replace
from itertools import product

import pytest

from services.mentoring.domain import ALLOWED, REFUSALS, Action, Origin, Request, RequestStatus
from shared.errors import Conflict
from shared.ids import new_id

OPEN = Request(id=new_id(), employee_id=new_id(), competency="PELAYANAN_PUBLIK", origin=Origin.ANALYST)
DO = {Action.WITHDRAW: Request.withdraw}


@pytest.mark.parametrize(("status", "action"), list(product(RequestStatus, Action)))
def test_every_action_leads_where_the_table_says_or_is_refused(status: RequestStatus, action: Action) -> None:
    request = replace(OPEN, status=status)

    if (status, action) in ALLOWED:
        assert DO[action](request).status is ALLOWED[status, action]
    else:
        with pytest.raises(Conflict) as refusal:
            DO[action](request)
        assert refusal.value.detail == REFUSALS[action]


def test_only_an_open_request_has_not_begun() -> None:
    assert OPEN.has_not_begun
    assert not OPEN.withdraw().has_not_begun


def test_only_need_is_known_when_there_is_one() -> None:
    need, other = new_id(), new_id()

    assert replace(OPEN, need_ids=(need,)).only_need == need
    assert replace(OPEN, need_ids=(need, other)).only_need is None
    assert OPEN.only_need is None
