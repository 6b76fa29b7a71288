"""A request moves only where the table of transitions allows it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from services.mentoring.domain.requests import (
    ALLOWED,
    REFUSALS,
    Action,
    Origin,
    Request,
    RequestStatus,
    WithdrawalReason,
)
from shared.errors import Conflict
from shared.ids import new_id

OPEN = Request(id=new_id(), employee_id=new_id(), competency="PELAYANAN_PUBLIK", origin=Origin.ANALYST)
DO: dict[Action, Callable[[Request], Request]] = {
    Action.CONFIRM: Request.confirm,
    Action.WITHDRAW: lambda request: request.withdraw(WithdrawalReason.MISTAKE),
    Action.MATCH: Request.match,
    Action.REOPEN: Request.reopen,
    Action.FINISH: Request.finish,
    Action.STOP: Request.stop,
}


@pytest.mark.parametrize(("status", "action"), list(product(RequestStatus, Action)))
def test_every_action_leads_where_the_table_says_or_is_refused(status: RequestStatus, action: Action) -> None:
    request = replace(OPEN, status=status)

    if (status, action) in ALLOWED:
        assert DO[action](request).status is ALLOWED[status, action]
    else:
        with pytest.raises(Conflict) as refusal:
            DO[action](request)
        assert refusal.value.detail == REFUSALS[action]


@pytest.mark.parametrize("status", RequestStatus)
def test_what_waits_has_not_begun(status: RequestStatus) -> None:
    assert replace(OPEN, status=status).has_not_begun == (status in {"PROPOSED", "OPEN"})


def test_withdrawn_request_says_why() -> None:
    assert OPEN.withdraw(WithdrawalReason.OTHER_PATH).withdrawal_reason is WithdrawalReason.OTHER_PATH


def test_reopened_request_takes_whoever_comes() -> None:
    named = replace(OPEN, guide_id=new_id())

    assert named.match().reopen() == OPEN


def test_only_need_is_known_when_there_is_one() -> None:
    need, other = new_id(), new_id()

    assert replace(OPEN, need_ids=(need,)).only_need == need
    assert replace(OPEN, need_ids=(need, other)).only_need is None
    assert OPEN.only_need is None
    assert (replace(OPEN, need_ids=(need,)).correlation, OPEN.correlation) == (need, OPEN.id)
