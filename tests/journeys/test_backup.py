"""An installation is backed up while it runs, lost, brought back as it was, and goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.journeys.first_hop import Participant, employee_ids, hold_class
from tests.journeys.installations import Embedded, Installation
from tests.journeys.kept_state import states
from tests.waiting import wait_until

DEMO = ("demo", "--people", "40", "--months", "1")
SCORES = (40, 90)


async def test_demo_that_was_lost_is_brought_back_as_it_was_and_goes_on(folder: Path) -> None:
    installation = Embedded(folder, simulation=True)
    try:
        await installation.start()
        installation.bangkom(*DEMO)
        installation.token("training")
        before = await states(installation)
        made = installation.bangkom("backup")
        assert await states(installation) == before
        [backup] = (folder / "backups").glob("bangkom-*")
        assert str(backup.name) in made.stdout
        await goes_on(installation, "SESUDAH-CADANGAN")

        installation.kill()
        shutil.rmtree(folder / "data")
        installation.bangkom("restore", str(backup))
        installation.postgres.start()
        after = await states(installation)
        installation.postgres.stop()

        assert after == before
        assert sum(table.rows for tables in after.values() for table in tables.values()) > 1_000
        await installation.start()
        await goes_on(installation, "SESUDAH-DIPULIHKAN")
    finally:
        await installation.close()


async def goes_on(installation: Installation, code: str) -> None:
    """A class is held, and its results take effect in evaluation, and in mentoring for who did not pass."""
    people = await employee_ids(installation, len(SCORES))
    scored = [
        Participant(employee_id=each, pre_score=30, post_score=score)
        for each, score in zip(people, SCORES, strict=True)
    ]
    failed, passed = await hold_class(installation, code, scored)
    judged = f"SELECT enrolment_id::text, verdict FROM evaluations WHERE enrolment_id IN ('{failed}', '{passed}')"

    async def taken() -> bool:
        verdicts = dict(await installation.rows("evaluation", judged))
        followed = await installation.rows(
            "evaluation", f"SELECT follow_up_id::text FROM evaluations WHERE enrolment_id = '{failed}'"
        )
        requests = await installation.rows("mentoring", "SELECT follow_up_id::text FROM requests")
        return verdicts == {failed: "NOT_EFFECTIVE", passed: "EFFECTIVE"} and set(followed) <= set(requests)

    await wait_until(taken, within=60, description=f"{code} takes effect in evaluation and mentoring")
