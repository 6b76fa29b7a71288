"""What the figures were measured on: without it nobody can compare them."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from tests.load.figures import ROOT
from tests.load.place import Place

LIBRARIES = ("asyncpg", "sqlalchemy", "aiokafka", "faststream", "pydantic", "uvloop")


async def describe(place: Place) -> list[str]:
    """Lines that name the machine, how busy it is, and the versions of all that takes part."""
    url = make_url(place.template).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    try:
        postgres = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return [
        f"{os.cpu_count()} × {_processor()}, {_memory()}; load before the run {load}",
        f"Python {platform.python_version()}, PostgreSQL {postgres}, {_kafka()}; {libraries}",
    ]


def _processor() -> str:
    return _found(Path("/proc/cpuinfo"), r"model name\s*: (.+)") or platform.processor() or platform.machine()


def _memory() -> str:
    kilobytes = _found(Path("/proc/meminfo"), r"MemTotal:\s*(\d+)")
    return f"{int(kilobytes) / 2**20:.0f} GB" if kilobytes else "memory unknown"


def _found(file: Path, pattern: str) -> str | None:
    match = re.search(pattern, file.read_text(encoding="utf-8")) if file.exists() else None
    return match[1] if match else None


def _kafka() -> str:
    jars = _kafka_versions(ROOT / "build" / "kafka" / "libs")
    return f"Kafka {next(jars, 'of the broker that was named')}"


def _kafka_versions(libs: Path) -> Iterator[str]:
    for jar in libs.glob("kafka-clients-*.jar"):
        yield jar.stem.removeprefix("kafka-clients-")
