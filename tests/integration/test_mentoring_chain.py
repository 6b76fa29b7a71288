"""The first hop from training to mentoring, over evaluation: each event names its cause."""

import pytest

from services.evaluation.app import SERVICE as EVALUATION
from services.mentoring.app import SERVICE
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.events.evaluation import EvaluationConcluded, FollowUpClosed, FollowUpOpened
from tests.conftest import MakeDatabase
from tests.integration.participants import Participant, consumer_of
from tests.records import emitted, event_id_of


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="mentoring", agency="medan", lineages=SERVICE.lineages)


async def test_chain_from_training_to_mentoring_names_each_cause(
    make_database: MakeDatabase, database: Database
) -> None:
    evaluation = await make_database(service="evaluation", agency="medan", lineages=EVALUATION.lineages)
    ani = Participant()
    completed = ani.completed()
    await consumer_of(evaluation).take([ani.confirmed(), ani.measured(pre=55, post=64), completed])

    correction = ani.measured(pre=55, post=74)
    await consumer_of(evaluation).take([correction])
    told = {type(each.event): each for each in await emitted(evaluation)}
    told_on = [each.as_record() for each in await emitted(evaluation)]
    await Consumer(database, SERVICE.handlers, frozenset({"medan"})).take(told_on)
    requested, withdrawn = await emitted(database)

    causes = {
        FollowUpOpened: str(event_id_of(completed)),
        EvaluationConcluded: str(event_id_of(correction)),
        FollowUpClosed: str(event_id_of(correction)),
    }
    assert {kind: each.causation for kind, each in told.items()} == causes
    assert requested.causation == str(told[FollowUpOpened].event_id)
    assert withdrawn.causation == str(told[FollowUpClosed].event_id)
    assert {each.correlation for each in (*told.values(), requested, withdrawn)} == {ani.need_id}
