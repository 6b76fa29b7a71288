"""The figures that a process tells on the port of its operators."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

Figures = list[tuple[str, float]]
"""Series by their names with labels, as Prometheus would keep them, and what each tells now."""

OURS = "bangkom_"
PATIENCE_SECONDS = 30.0


async def figure(port: int, name: str, **labels: str) -> float | None:
    """The sum of the samples of that name whose labels include these; None while nobody answers or tells it."""
    told = await samples(port) or ()
    found = [each.value for each in told if each.name == name and each.labels.items() >= labels.items()]
    return sum(found) if found else None


async def figures(port: int, instance: str) -> Figures:
    """Every figure of ours that the process tells now; none while nobody answers."""
    told = await samples(port) or ()
    return [(_series(each, instance), each.value) for each in told if each.name.startswith(OURS)]


async def samples(port: int) -> list[Sample] | None:
    """Everything the process tells now; None while nobody answers."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            page = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    except httpx.TransportError:
        return None
    return [sample for family in text_string_to_metric_families(page) for sample in family.samples]


def _series(sample: Sample, instance: str) -> str:
    """A figure of one process as Prometheus names it."""
    labels = {**sample.labels, "instance": instance, "job": "bangkom"}
    listed = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{sample.name}{{{listed}}}"


async def is_ready(port: int) -> bool:
    """Whether the process says that it has all it needs."""
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
    except httpx.TransportError:
        return False
