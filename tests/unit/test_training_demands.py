"""The status machines of demands and nominations: only what their tables name, and what findings make of them."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.training.domain import (
    ALLOWED_OF_DEMAND,
    Demand,
    DemandAction,
    DemandOrigin,
    DemandStatus,
    Nomination,
    NominationAction,
    NominationStatus,
    certificate_number,
    require_served,
)
from shared.errors import Conflict

ANI, BUDI = UUID(int=1), UUID(int=2)
SEAT, OTHER_SEAT = UUID(int=10), UUID(int=11)


def demand(status: DemandStatus = DemandStatus.OPEN, enrolment_id: UUID | None = None) -> Demand:
    return Demand(
        id=UUID(int=5),
        origin=DemandOrigin.PLAN_ITEM,
        employee_id=ANI,
        competency="PELAYANAN_PUBLIK",
        cycle=2026,
        status=status,
        enrolment_id=enrolment_id,
    )


@given(st.sampled_from(DemandStatus), st.sampled_from(DemandAction))
def test_demand_follows_the_table_or_refuses_in_words(status: DemandStatus, action: DemandAction) -> None:
    before = demand(status)

    assert before.takes(action) == ((status, action) in ALLOWED_OF_DEMAND)
    if before.takes(action):
        assert before.after(action).status is ALLOWED_OF_DEMAND[status, action]
    else:
        with pytest.raises(Conflict, match=r"Permintaan pelatihan ini (masih|sudah) \w+"):
            before.after(action)


@pytest.mark.parametrize(
    ("before", "completed", "after"),
    [
        (demand(DemandStatus.ENROLLED, SEAT), True, demand(DemandStatus.MET, SEAT)),
        (demand(DemandStatus.ENROLLED, SEAT), False, demand(DemandStatus.OPEN)),
        (demand(DemandStatus.MET, SEAT), False, demand(DemandStatus.OPEN)),
        (demand(DemandStatus.OPEN), True, demand(DemandStatus.MET, SEAT)),
        (demand(DemandStatus.ENROLLED, OTHER_SEAT), True, demand(DemandStatus.ENROLLED, OTHER_SEAT)),
        (demand(DemandStatus.ENROLLED, OTHER_SEAT), False, demand(DemandStatus.ENROLLED, OTHER_SEAT)),
        (demand(DemandStatus.MET, OTHER_SEAT), False, demand(DemandStatus.MET, OTHER_SEAT)),
        (demand(DemandStatus.MET, SEAT), True, demand(DemandStatus.MET, SEAT)),
        (demand(DemandStatus.WITHDRAWN), True, demand(DemandStatus.WITHDRAWN)),
        (demand(DemandStatus.WITHDRAWN), False, demand(DemandStatus.WITHDRAWN)),
    ],
)
def test_finding_on_a_seat_settles_the_demand_that_waits_for_it(before: Demand, completed: bool, after: Demand) -> None:
    assert before.settled_by(SEAT, completed=completed) == after


def test_seat_serves_only_an_open_demand_of_the_person_in_the_competency() -> None:
    open_demand = demand()

    assert require_served(open_demand, ANI, "PELAYANAN_PUBLIK", 1) == open_demand
    for asked, person, competency, words in [
        (None, ANI, "PELAYANAN_PUBLIK", r"ke-1.*bukan milik"),
        (open_demand, BUDI, "PELAYANAN_PUBLIK", r"ke-1.*bukan milik"),
        (open_demand, ANI, "KERJA_SAMA", r"ke-1.*kompetensi PELAYANAN_PUBLIK"),
        (demand(DemandStatus.ENROLLED), ANI, "PELAYANAN_PUBLIK", r"ke-1.*mendapat kelas"),
    ]:
        with pytest.raises(Conflict, match=words):
            require_served(asked, person, competency, 1)


@given(st.sampled_from(NominationStatus), st.sampled_from(NominationAction))
def test_nomination_is_decided_once(status: NominationStatus, action: NominationAction) -> None:
    nomination = Nomination(id=UUID(int=1), class_id=UUID(int=2), employee_id=ANI, status=status)
    decided = {
        NominationAction.ACCEPT: NominationStatus.ACCEPTED,
        NominationAction.REFUSE: NominationStatus.REFUSED,
    }

    if status is NominationStatus.NOMINATED:
        assert nomination.after(action).status is decided[action]
    else:
        with pytest.raises(Conflict, match="sudah diputuskan"):
            nomination.after(action)


def test_certificate_number_names_serial_programme_and_year() -> None:
    assert certificate_number(42, "BIMTEK-LAYANAN", date(2026, 3, 4)) == "00042/BIMTEK-LAYANAN/2026"
