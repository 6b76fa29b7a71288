"""The words for failures that frameworks would word in English, or with what was sent inside."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from shared.web.language import _, translated

TITLES = {
    303: "Silakan masuk",
    401: "Belum masuk",
    403: "Tidak diizinkan",
    404: "Tidak ditemukan",
    405: "Metode tidak didukung",
    409: "Bertentangan dengan keadaan sekarang",
    413: "Terlalu besar",
    415: "Jenis isi tidak didukung",
    422: "Tidak dapat diterima",
    429: "Terlalu sering",
    500: "Kesalahan pada kami",
    503: "Sedang tidak tersedia",
}
SENTENCES = {
    404: "Alamat ini tidak ada.",
    405: "Alamat ini tidak mengenal metode tersebut.",
    413: "Isi permintaan terlalu besar.",
    415: "Jenis isi permintaan tidak didukung.",
    422: "Isi permintaan tidak dapat dibaca.",
    500: "Terjadi kesalahan yang tidak kami duga. Sampaikan nomor permintaan ini kepada pengelola sistem.",
    503: "Layanan sedang tidak dapat memenuhi permintaan ini. Silakan coba lagi sebentar lagi.",
}
REASONS = {
    "missing": "wajib diisi",
    "json_invalid": "bukan JSON yang sah",
    "extra_forbidden": "memuat isian yang tidak dikenal",
    "string_type": "harus berupa teks",
    "string_unicode": "memuat karakter yang tidak sah",
    "string_too_short": "paling sedikit {min_length} karakter",
    "string_too_long": "paling banyak {max_length} karakter",
    "string_pattern_mismatch": "bentuknya tidak sesuai",
    "too_short": "paling sedikit {min_length} butir",
    "too_long": "paling banyak {max_length} butir",
    "greater_than": "harus lebih dari {gt}",
    "greater_than_equal": "paling sedikit {ge}",
    "less_than": "harus kurang dari {lt}",
    "less_than_equal": "paling banyak {le}",
    "uuid_parsing": "bukan UUID",
    "uuid_type": "bukan UUID",
    "enum": "harus salah satu dari {expected}",
    "literal_error": "harus salah satu dari {expected}",
    "bool_parsing": "harus true atau false",
    "bool_type": "harus true atau false",
    "list_type": "harus berupa daftar",
    "model_attributes_type": "harus berupa objek",
    "model_type": "harus berupa objek",
    "dict_type": "harus berupa objek",
    "timezone_aware": "harus memakai zona waktu",
}
MISSING = {
    "database": "basis data",
    "migrations": "tabel yang mutakhir",
    "consumer": "pengolahan peristiwa",
    "topics": "topik",
}
KINDS = {
    "int_": "harus bilangan bulat",
    "float_": "harus bilangan",
    "decimal_": "harus bilangan",
    "finite_": "harus bilangan",
    "datetime_": "bukan waktu yang sah (contoh: 2026-11-22T08:00:00+07:00)",
    "date_": "bukan tanggal yang sah (contoh: 2026-11-22)",
    "time_": "bukan jam yang sah",
    "uuid_": "bukan UUID",
    "url_": "bukan alamat yang sah",
}


def status_title(status: int) -> str:
    """The short title of an HTTP status."""
    return translated(TITLES.get(status, HTTPStatus(status).phrase))


def status_sentence(status: int) -> str:
    """A sentence for a failure of which only the status is known."""
    return translated(SENTENCES[status]) if status in SENTENCES else status_title(status) + "."


def missing_words(names: Iterable[str]) -> str:
    """What a service lacks; a name without a word of ours stands as it is."""
    return ", ".join(translated(MISSING.get(name, name)) for name in names)


def reason(kind: str, limits: Mapping[str, Any] | None) -> str:
    """Why a field was refused. The limits are those of our own schemas, never a part of what was sent."""
    if kind in REASONS:
        return translated(REASONS[kind]).format_map(dict(limits or {}))
    return next((translated(words) for start, words in KINDS.items() if kind.startswith(start)), _("tidak sah"))
