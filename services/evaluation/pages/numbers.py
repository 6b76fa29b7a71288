"""The numbers of a rule's version in words, so that every figure can be opened to what decided on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.evaluation.domain.citizens import Band
from services.evaluation.domain.rules import FollowUpPlan, Version
from services.evaluation.pages import words
from services.evaluation.rules import RULES, SOURCES
from shared.web import figures
from shared.web.language import _
from shared.web.shapes import plain

BY_NAME = {rule.name: rule for rule in RULES}
LABELS: Mapping[str, str] = {
    "default_pass_mark": "Batas lulus bila program tidak menetapkan sendiri",
    "follow_up": "Bila tidak lulus",
    "second_round": "Bila tidak lulus pada putaran kedua",
    "minimum_pairs": "Paling sedikit peserta dengan kedua tes",
    "low_gain_below": "Kenaikan rendah di bawah",
    "mean_pre_below": "Hanya bila rata-rata tes awal di bawah",
    "items": "Butir yang dinilai",
    "weak_below": "Belum berhasil bila nilainya di bawah",
    "good_from": "Berhasil mulai",
    "failing_score": "Nilai atasan yang menggagalkan satu butir",
    "minimum_others": "Jawaban rekan dan bawahan dihitung mulai",
    "no_opportunity": "Bila belum ada kesempatan",
    "no_support": "Bila belum ada dukungan",
    "gap": "Bila kesenjangan tetap ada sesudah pelatihan dan pendampingan",
    "not_mastered": "Bila belum dikuasai",
    "not_applied": "Bila dikuasai tetapi belum diterapkan",
    "rounds": "Putaran sebelum diangkat ke pimpinan",
    "opens_after_days": "Ditinjau sesudah (hari)",
    "answer_within_days": "Waktu menjawab (hari)",
    "minimum_learning_hours": "Pelatihan ditinjau mulai (JP)",
    "forms": "Bentuk yang selalu ditinjau",
    "cost_levels": "Biaya yang selalu ditinjau",
    "sample_percent": "Contoh dari yang lain (%)",
    "reviews_per_person_and_year": "Paling banyak tinjauan seorang setahun",
    "forms_per_superior_and_month": "Paling banyak formulir seorang atasan sebulan",
    "peers": "Rekan yang ditanya",
    "subordinates": "Bawahan yang ditanya",
    "benefit_item": "Butir manfaat",
    "low_score": "Nilai rendah sampai",
    "low_share_percent": "Bagian nilai rendah yang memicu perbaikan (%)",
    "minimum_index": "Indeks paling rendah",
    "minimum_answers": "Jawaban paling sedikit",
    "shown_from": "Hasil ditampilkan mulai jawaban",
    "bands": "Mutu dan indeks dari mana ia mulai",
    "pool_months": "Kelas kecil digabung dalam (bulan)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One version of a rule: what it is called, where it comes from and its numbers."""

    name: str
    version: str
    source: str
    numbers: list[tuple[str, str]]


def rule_view(name: str | None, version: str | None) -> RuleView | None:
    """The version as it decides; None for rules of other services and versions that were never ours."""
    rule = BY_NAME.get(name or "")
    found = next((each for each in rule.versions if each.name == version), None) if rule else None
    if found is None or name is None or version is None:
        return None
    return RuleView(name=name, version=version, source=SOURCES.get((name, version), ""), numbers=list(_numbers(found)))


def _numbers(part: Any) -> Iterator[tuple[str, str]]:
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, date) and isinstance(part, Version):
            continue
        if is_dataclass(value) and not isinstance(value, FollowUpPlan):
            yield from _numbers(value)
        else:
            yield LABELS.get(field.name, plain(field.name)), _text(value)


def _text(value: object) -> str:
    if isinstance(value, FollowUpPlan):
        kind, target = words.said(words.KIND, value.kind), words.said(words.TARGET, value.target)
        return _("{kind} melalui {target}, {days} hari").format(kind=kind, target=target, days=value.due_in_days)
    if isinstance(value, Band):
        return f"{value.name} {figures.number(value.begins_at)}"
    if isinstance(value, tuple):
        return ", ".join(_text(each) for each in value)
    if isinstance(value, int | Decimal):
        return figures.number(value)
    items = {**words.REACTION_ITEM, **words.BEHAVIOUR_ITEM, **words.COST}
    return words.said(items, str(value))
