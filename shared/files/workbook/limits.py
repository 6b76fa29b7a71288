"""How much of a file is read at most, so that no upload can exhaust a worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes; `ratio` is unpacked to packed size and counts only for files that unpack to over `ratio_floor`.

    Columns beyond `columns` are not looked at; a header further down than `header_rows` is not found.
    """

    file_bytes: int = 10 * 2**20
    unpacked_bytes: int = 100 * 2**20
    ratio: int = 100
    ratio_floor: int = 4 * 2**20
    parts: int = 2_000
    rows: int = 100_000
    columns: int = 200
    header_rows: int = 100


DEFAULT_LIMITS = Limits()
