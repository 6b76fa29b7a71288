"""Signed gaps, JPM, bands, IKK and needs per person (§2.5, §2.6)."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from .numbers import Bands, band, cut
from .people import people
from .workbooks import Row, rows

CORE = (
    "Integritas",
    "Kerja Sama",
    "Komunikasi",
    "Orientasi pada Hasil",
    "Pelayanan Publik",
    "Pengembangan Diri dan Orang Lain",
    "Mengelola Perubahan",
    "Pengambilan Keputusan",
    "Perekat Bangsa",
)
MAPPING_BANDS: Bands = (("90", "O"), ("78", "CO"), ("0", "KO"))
APPOINTMENT_BANDS: Bands = (("80", "MS"), ("68", "MMS"), ("0", "KMS"))
INDEX_CATEGORIES: Bands = (("50", "Tinggi"), ("25", "Sedang"), ("0", "Rendah"))
NO_GAP = "Tidak ada kesenjangan"
HIGHEST_LEVEL = 5
# §2.5 gives no row for performance; Pasal 206 (§2.2) compares the result with the target, so the result decides,
# not the predicate. It is a note beside the needs and names no competency, hence opens none.
BELOW_TARGET = "di bawah ekspektasi"

Levels = Mapping[str, int | None]


def gaps(required: Mapping[str, int], levels: Levels) -> dict[str, int | None]:
    """Gap = level − standard, per competency; None where nobody assessed it (not 0)."""
    found: dict[str, int | None] = {}
    for competency, standard in required.items():
        level = levels.get(competency)
        if not 1 <= standard <= HIGHEST_LEVEL or (level is not None and not 0 <= level <= HIGHEST_LEVEL):
            raise ValueError(f"{competency}: required 1–5, achieved 0–5")
        found[competency] = None if level is None else level - standard
    return found


def job_person_match(required: Mapping[str, int], levels: Levels) -> tuple[Fraction, Fraction] | None:
    """Capped and uncapped JPM in percent over the nine of one report; None (tidak lengkap) when one is not assessed."""
    reached = {name: levels.get(name) for name in CORE}
    values = {name: value for name, value in reached.items() if value is not None}
    if len(values) < len(CORE):
        return None
    standard = sum(required[name] for name in CORE)
    capped = sum(min(value, required[name]) for name, value in values.items())
    return Fraction(100 * capped, standard), Fraction(100 * sum(values.values()), standard)


def gap_index(capped: Fraction) -> tuple[Fraction, str]:
    """IKK = 100 − capped JPM, with its category."""
    index = 100 - capped
    return index, NO_GAP if index == 0 else band(index, INDEX_CATEGORIES)


def match(required: Mapping[str, int], levels: Levels) -> dict[str, object]:
    """What the page of one person says of the match; an incomplete report has no figures and no bands."""
    both = job_person_match(required, levels)
    if both is None:
        names = ("jpm", "jpm_uncapped", "band", "appointment_band", "ikk", "ikk_category")
        return {"complete": False, **dict.fromkeys(names)}
    capped, uncapped = both
    index, category = gap_index(capped)
    return {
        "complete": True,
        "jpm": cut(capped),
        "jpm_uncapped": cut(uncapped),
        # §2.5 names no value for the appointment table; both tables are read with the capped JPM, which pages show.
        "band": band(capped, MAPPING_BANDS),
        "appointment_band": band(capped, APPOINTMENT_BANDS),
        # §2.5: cut after the subtraction, so 94.44… shows 94.44 and its IKK 5.55 (not 5.56).
        "ikk": cut(index),
        "ikk_category": category,
    }


def senders_figure(row: Row, required: Mapping[str, int], levels: Levels) -> dict[str, object]:
    """The sender's JPM is kept and compared, never trusted; it agrees when ours rounds to it at two decimals."""
    sent = row.decimal("JPM (%)")
    both = job_person_match(required, levels)
    agrees = both is not None and sent is not None and abs(Fraction(sent) - both[1]) <= Fraction(1, 200)
    return {"senders_jpm": sent, "senders_jpm_agrees": agrees}


def needs(required: Mapping[str, int], levels: Levels) -> dict[str, dict[str, object]]:
    """One identified need per competency in deficit (gap < 0)."""
    # §2.6: "at most three needs" belongs to the quick AKPK page, not to needs that come from an assessment.
    return {
        name: {"level": levels[name], "required": required[name], "gap": gap, "status": "IDENTIFIED"}
        for name, gap in gaps(required, levels).items()
        if gap is not None and gap < 0
    }


def standards(path: Path) -> dict[str, dict[str, int]]:
    """Required level per position class and competency."""
    found: dict[str, dict[str, int]] = {}
    for row in rows(path, "Kelas Jabatan", *CORE):
        levels = {name: row.integer(name) for name in CORE}
        found[row.text("Kelas Jabatan")] = {name: level for name, level in levels.items() if level is not None}
    return found


def assessments(path: Path) -> dict[str, tuple[Row, dict[str, int | None]]]:
    """Levels by NIP; of several reports of one person the newest counts (§2.5)."""
    found: dict[str, tuple[Row, dict[str, int | None]]] = {}
    for row in sorted(rows(path, "NIP", "Tanggal", *CORE), key=lambda row: row.day("Tanggal")):
        found[row.text("NIP")] = row, {name: row.integer(name) for name in CORE}
    return found


def expected(*, employees: Path, standard: Path, assessment: Path) -> dict[str, dict[str, dict[str, object]]]:
    """`people`, `gaps` and `needs`: keys are the row in the employee workbook, then the competency."""
    required_by_class, reports = standards(standard), assessments(assessment)
    result: dict[str, dict[str, dict[str, object]]] = {"people": {}, "gaps": {}, "needs": {}}
    for number, person in people(employees).items():
        required = required_by_class[person.position_class]
        row, levels = reports.get(number, (None, {}))
        signed = gaps(required, levels)
        for name, level in required.items():
            result["gaps"][f"{person.key} {name}"] = {
                "required": level,
                "level": levels.get(name),
                "gap": signed[name],
            }
        for name, need in needs(required, levels).items():
            result["needs"][f"{person.key} {name}"] = need
        if row is not None:
            result["people"][person.key] = match(required, levels) | senders_figure(row, required, levels)
    return result


def performance_gaps(*, employees: Path, performance: Path) -> dict[str, dict[str, object]]:
    """Past performance per person: year, predicate, whether the result fell short of the target (Pasal 206)."""
    known = people(employees)
    return {
        known[row.text("NIP")].key: {
            "year": row.integer("Tahun"),
            "predicate": row.text("Predikat Kinerja"),
            "below_target": row.text("Hasil Kerja") == BELOW_TARGET,
        }
        for row in rows(performance, "NIP", "Tahun", "Predikat Kinerja", "Hasil Kerja")
    }


def agency_figures(matches: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    """How many complete reports fall into each mapping band."""
    counted = dict.fromkeys((name for _, name in MAPPING_BANDS), 0)
    for fields in matches.values():
        if isinstance(fields["jpm"], Decimal):
            counted[str(fields["band"])] += 1
    return counted
