"""What the samples must give: `python -m tests.journeys.oracle SAMPLES [ADDRESS CYCLE]`.

With the address of a product that has taken in these workbooks and analysed a plan year it lists what differs there;
the token of an analyst stands in BANGKOM_ORACLE_TOKEN. Exit code 1: something differs.
"""

import os
import sys
from pathlib import Path

from . import citizen_surveys, gaps, learning_hours, samples, year
from .comparison import Facts, differences
from .product import SERVICES, Product


def expected(folder: Path) -> dict[str, Facts]:
    """Everything the sample workbooks give, by subject."""
    employees = folder / "pegawai.xlsx"
    standard, assessment = folder / "standar-kompetensi.xlsx", folder / "rekap-asesmen.xlsx"
    found: dict[str, Facts] = {}
    found |= gaps.expected(employees=employees, standard=standard, assessment=assessment)
    found["performance"] = gaps.performance_gaps(employees=employees, performance=folder / "skp.xlsx")
    hours = learning_hours.expected(employees=employees, activities=folder / "kegiatan-20jp.xlsx")
    surveys = citizen_surveys.expected(folder / "skm-triwulan.xlsx")
    return found | {f"hours {name}": facts for name, facts in hours.items()} | surveys


def main(arguments: list[str]) -> int:
    if arguments[0] == "year":
        return year.main(arguments[1:])
    result = expected(Path(arguments[0]))
    for subject, facts in result.items():
        sys.stdout.write(f"{subject}: {len(facts)} expected\n")
    if len(arguments) == 1:
        return 0
    address, cycle = arguments[1], int(arguments[2])
    product = Product(dict.fromkeys(SERVICES, address), os.environ["BANGKOM_ORACLE_TOKEN"])
    found = [
        f"{subject}: {one}"
        for subject, facts, seen in samples.compared(product, Path(arguments[0]), cycle)
        for one in differences(facts, seen)
    ]
    sys.stdout.write("".join(f"{one}\n" for one in found) + f"{len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
