"""What was asked and what was answered, written to a file at the moment it happened."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

REFUSED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command with the token that its sender chose, which is its Idempotency-Key and stands in its effect."""

    token: str
    kind: str
    method: str
    path: str
    body: Any
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Fate:
    """What is known of a command afterwards: how often it was sent, and its answer when one came."""

    kind: str
    facts: dict[str, Any]
    attempts: int = 0
    status: int | None = None
    answer: str | None = None
    replayed: bool = False

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and self.status < REFUSED


class History:
    """The file of attempts and answers. Whoever checks reads the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] = path.open("a", encoding="utf-8")

    def attempt(self, command: Command) -> None:
        """Before it is sent."""
        self._write({"do": "attempt", "token": command.token, "kind": command.kind, "facts": command.facts})

    def answer(self, command: Command, status: int, content: bytes, *, replayed: bool) -> None:
        """As soon as it is known: that it was done, or that it was refused and why."""
        answer = content.decode() if status >= REFUSED else hashlib.sha256(content).hexdigest()
        line = {"do": "answer", "token": command.token, "status": status, "answer": answer, "replayed": replayed}
        self._write(line)

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_history(path: Path) -> dict[str, Fate]:
    """What became of each command, by its token, in the order of first attempts."""
    fates: dict[str, Fate] = {}
    for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        token = line["token"]
        if line["do"] == "attempt":
            fates.setdefault(token, Fate(kind=line["kind"], facts=line["facts"])).attempts += 1
        else:
            fate = fates[token]
            fate.status, fate.answer, fate.replayed = line["status"], line["answer"], line["replayed"]
    return fates
