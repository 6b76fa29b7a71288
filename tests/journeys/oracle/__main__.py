"""What the samples must give: `python -m tests.journeys.oracle SAMPLES [ADDRESS CYCLE]`.

With the address of a running product and a plan year it reads gaps and needs there and lists what differs; the token
of an analyst stands in BANGKOM_ORACLE_TOKEN. Exit code 1: something differs.
"""

import os
import sys
from pathlib import Path

from . import citizen_surveys, endpoints, gaps, learning_hours, year
from .comparison import Facts, differences
from .product import SERVICES


def expected(samples: Path) -> dict[str, Facts]:
    """Everything the sample workbooks give, by subject."""
    employees = samples / "pegawai.xlsx"
    standard, assessment = samples / "standar-kompetensi.xlsx", samples / "rekap-asesmen.xlsx"
    found: dict[str, Facts] = {}
    found |= gaps.expected(employees=employees, standard=standard, assessment=assessment)
    found["performance"] = gaps.performance_gaps(employees=employees, performance=samples / "skp.xlsx")
    hours = learning_hours.expected(employees=employees, activities=samples / "kegiatan-20jp.xlsx")
    surveys = citizen_surveys.expected(samples / "skm-triwulan.xlsx")
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
    base_urls = dict.fromkeys(SERVICES, address)
    token = os.environ["BANGKOM_ORACLE_TOKEN"]
    seen = endpoints.seen(base_urls, token, employees=Path(arguments[0]) / "pegawai.xlsx", cycle=cycle)
    found = [
        f"{subject}: {one}"
        for subject in ("gaps", "people", "needs")
        for one in differences(result[subject], seen[subject])
    ]
    sys.stdout.write("".join(f"{one}\n" for one in found) + f"{len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
