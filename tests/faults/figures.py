"""The figures that a process tells on the port of its operators."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families


async def figure(port: int, name: str, **labels: str) -> float | None:
    """The sum of the samples of that name whose labels include these; None while nobody answers or tells it."""
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            page = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    except httpx.TransportError:
        return None
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    found = [s.value for s in samples if s.name == name and s.labels.items() >= labels.items()]
    return sum(found) if found else None


async def is_ready(port: int) -> bool:
    """Whether the process says that it has all it needs."""
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
    except httpx.TransportError:
        return False
