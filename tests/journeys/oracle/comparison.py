"""Holding what was seen against what was expected."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

Facts = Mapping[str, Mapping[str, object]]

PERSON_NUMBER = re.compile(r"\d{16,}")


def differences(expected: Facts, seen: Facts) -> list[str]:
    """One line per key missing, key too many and field that differs; fields nobody expects are not looked at."""
    for key in (*expected, *seen):
        if PERSON_NUMBER.search(key):
            raise ValueError("a key holds a person's number; use the row or an id")
    found = [f"{key}: missing" for key in expected if key not in seen]
    found += [f"{key}: not expected" for key in seen if key not in expected]
    for key, fields in expected.items():
        if key in seen:
            found += _fields(key, fields, seen[key])
    return found


def _fields(key: str, expected: Mapping[str, object], seen: Mapping[str, object]) -> list[str]:
    found = []
    for field, value in expected.items():
        if field not in seen:
            found.append(f"{key}: {field} missing, expected {value}")
        elif plain(value) != plain(seen[field]):
            found.append(f"{key}: {field} expected {value}, seen {seen[field]}")
    return found


def plain(value: object) -> object:
    """Numbers as Decimal however they are written, dates as ISO text, so that JSON and Python agree."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    text = str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number.normalize() if number.is_finite() else text
