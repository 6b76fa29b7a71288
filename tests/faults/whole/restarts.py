"""Everything is stopped in order and started again under load, and runs for a while in two versions."""

from __future__ import annotations

import asyncio
import subprocess
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from tests.faults.supervisor import ROOT
from tests.faults.whole.gate import Gate
from tests.faults.whole.installation import BATCH
from tests.faults.whole.member import SERVICES
from tests.faults.whole.processes import Member, forked, of_version
from tests.faults.whole.scene import WholeScene

WORK_BETWEEN, WORK_MEANWHILE = 5, 40
DUPLICATES = "bangkom_events_duplicate_total"
BACK = 25
"""Commits between the two versions, while no version has been released: fewer where tables have changed since."""

MIGRATIONS = ("shared/migrations", "shared/identity/migrations", *(f"services/{name}/migrations" for name in SERVICES))


async def everything_restarted_in_turn(scene: WholeScene) -> None:
    """SIGTERM for every process in turn under load, two web processes of each service behind a gate: nobody who asks
    sees a failure, everybody ends in order, and no batch comes twice.
    """
    whole = scene.whole
    gates = {service: await scene.stack.enter_async_context(Gate().open()) for service in SERVICES}
    for service, gate in gates.items():
        second = whole.add_second(service, "web")
        whole.members[service, second].start()
        gate.ports = [whole.port(service, part) for part in ("web", second)]
    await whole.all_ready()
    for service, gate in gates.items():
        whole.lead_people(service, gate.port)
    failures = scene.sender.failures
    for (service, part), member in whole.members.items():
        port = whole.port(service, part)
        # As whoever operates a gate does it: first no new visitors, then the end.
        gates[service].away.add(port)
        code = await member.stop()
        scene.must(code == 0, f"{member.name} ended with {code}")
        member.start()
        await whole.become_ready(service, part)
        gates[service].away.discard(port)
        await scene.acknowledged(WORK_BETWEEN)
        scene.counts["stopped"] = scene.counts.get("stopped", 0) + 1
    scene.must(scene.sender.failures == failures, f"{scene.sender.failures - failures} commands failed")
    twice = [await whole.figure(service, "worker", DUPLICATES) or 0 for service in SERVICES]
    scene.counts["records_taken_twice"] = round(sum(twice))
    scene.must(max(twice) <= BATCH, f"records taken twice: {twice}")


async def two_versions_at_once(scene: WholeScene) -> None:
    """Half of the services run an earlier version beside the present one; then the other half does."""
    tree = scene.whole.folder / "earlier"
    revision = await asyncio.to_thread(unpack_earlier, tree)
    scene.counts["commits_apart"] = commits_since(revision)
    halves = (("needs", "training"), ("mentoring", "evaluation"))
    for earlier, present in (halves, halves[::-1]):
        for service in present:
            await _restart(scene.whole.of_service(service))
        for service in earlier:
            await _restart(scene.whole.of_service(service), tree)
        await scene.whole.all_ready()
        await scene.acknowledged(WORK_MEANWHILE)
        scene.counts["mixtures"] = scene.counts.get("mixtures", 0) + 1


async def _restart(members: Sequence[Member], tree: Path | None = None) -> None:
    for member in members:
        await member.stop()
        member.begin = of_version(tree) if tree else forked
        member.start()


def unpack_earlier(tree: Path) -> str:
    """Put the code of the last release, or of some commits ago, into a folder; gives its revision."""
    tags = _git("tag", "--list", "v*", "--sort=-version:refname", "--merged").split()
    changed = _git("log", "-1", "--format=%H", f"HEAD~{BACK}..HEAD~1", "--", *MIGRATIONS)
    revision = tags[0] if tags else changed or f"HEAD~{BACK}"
    archive = subprocess.run(
        ["git", "archive", revision, "services", "shared"], cwd=ROOT, capture_output=True, check=True
    )
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(tree, filter="data")
    return revision


def commits_since(revision: str) -> int:
    return int(_git("rev-list", "--count", f"{revision}..HEAD"))


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
