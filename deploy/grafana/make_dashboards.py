"""Writes the dashboards of Grafana into the folder beside this file: `make dashboards`."""

from __future__ import annotations

from pathlib import Path

from deploy.grafana.panels import Dashboard, Panel, bars, single, text_of

FOLDER = Path(__file__).parent / "dashboards"

# Every process of a service tells the same of its database and log, so such figures are taken once per service.
ONCE = "max by (service)"
LAG = "sum by (service) (max by (service, topic, partition) (bangkom_consumer_lag))"
DEAD = 'sum by (service) (max by (service, reason) (bangkom_held_records{status="DEAD"}))'
RATE = "$__rate_interval"
REQUESTS = f"sum by (service) (rate(bangkom_http_requests_total[{RATE}]))"


def quantile(rank: str, figure: str, by: str) -> str:
    """The value that this share of what a histogram has seen lately lies below."""
    return f"histogram_quantile({rank}, sum by ({by}, le) (rate({figure}_bucket[{RATE}])))"


def of_each(figure: str, by: str, matchers: str = "") -> str:
    """A figure of the work by one label, however many workers tell it and whatever its other labels say."""
    return f"sum by ({by}) (max without (instance, job) ({figure}{matchers}))"


OVERVIEW = Dashboard(
    name="overview",
    title="Bangkom: ringkasan",
    panels=[
        single("Peringatan", 'count(ALERTS{alertstate="firing"}) or vector(0)', red=1),
        single("Proses tidak menjawab", 'count(up{job="bangkom"} == 0) or vector(0)', red=1),
        single("Tertua belum terkirim", "max(bangkom_outbox_oldest_seconds)", "s", red=45),
        single("Catatan belum diolah", f"sum({LAG})", red=10_000),
        single("Catatan mati", f"sum({DEAD})", red=1),
        single(
            "Jawaban gagal (5xx)",
            f'sum(rate(bangkom_http_requests_total{{status="5xx"}}[{RATE}])) or vector(0)',
            "reqps",
            red=0.1,
        ),
        Panel(
            title="Permintaan per detik",
            queries={"{{service}}": REQUESTS},
            unit="reqps",
        ),
        Panel(
            title="Dari peristiwa sampai berakibat, 99 dari 100",
            queries={"{{service}}": quantile("0.99", "bangkom_effect_delay_seconds", "service")},
            unit="s",
        ),
        single("Kebutuhan terbuka", f"sum({of_each('bangkom_needs_open', 'status')})"),
        single("Kelas berjalan", f"""sum({of_each("bangkom_classes", "phase", '{phase="RUNNING"}')})"""),
        single("Pendampingan berjalan", f"""sum({of_each("bangkom_pairs", "status", '{status="ACTIVE"}')})"""),
        single(
            "Tindak lanjut berjalan",
            f"""sum({of_each("bangkom_follow_ups", "status", '{status!~"CLOSED|ESCALATED"}')})""",
        ),
        single("Kasus tersendat", f"sum({of_each('bangkom_cases_stuck', 'service, step')})"),
        single(
            "Target JP tercapai",
            f"""sum({of_each("bangkom_learning_hours_people", "standing", '{standing="REACHED"}')})"""
            f" / sum({of_each('bangkom_learning_hours_people', 'standing')})",
            "percentunit",
            about="Bagian pegawai yang JP-nya sudah setarget setahun penuh; pada awal tahun wajar masih rendah.",
        ),
    ],
)

DELIVERY = Dashboard(
    name="delivery",
    title="Bangkom: pengantaran peristiwa",
    panels=[
        Panel(title="Belum terkirim", queries={"{{service}}": f"{ONCE} (bangkom_outbox_unpublished)"}),
        Panel(
            title="Umur yang tertua",
            queries={"{{service}}": f"{ONCE} (bangkom_outbox_oldest_seconds)"},
            unit="s",
            about="Di atas satu menit: relay tidak berjalan atau log tidak menerima.",
        ),
        Panel(
            title="Terkirim per detik",
            queries={
                "{{service}}": f"sum by (service) (rate(bangkom_outbox_published_total[{RATE}]))",
                "{{service}}: dikirim ulang": f"sum by (service) (rate(bangkom_outbox_send_failures_total[{RATE}]))",
            },
        ),
        Panel(title="Belum diolah", queries={"{{service}}": LAG}),
        Panel(
            title="Berakibat per detik",
            queries={"{{service}}": f"sum by (service) (rate(bangkom_events_handled_total[{RATE}]))"},
        ),
        Panel(
            title="Dari peristiwa sampai berakibat",
            queries={
                "{{service}}: separuh": quantile("0.5", "bangkom_effect_delay_seconds", "service"),
                "{{service}}: 99 dari 100": quantile("0.99", "bangkom_effect_delay_seconds", "service"),
            },
            unit="s",
        ),
        Panel(
            title="Kelompok catatan per detik",
            queries={
                "{{service}}: {{outcome}}": f"sum by (service, outcome) (rate(bangkom_consumer_batches_total[{RATE}]))"
            },
            about="Yang dibatalkan (rolled_back) diulang; bila terus-menerus, ada yang perlu diperbaiki.",
        ),
        Panel(
            title="Catatan tertahan",
            queries={
                "{{service}}: {{status}}": "sum by (service, status)"
                " (max by (service, status, reason) (bangkom_held_records))"
            },
        ),
        Panel(
            title="Dilewati per detik",
            queries={
                "{{service}}: sudah pernah": f"sum by (service) (rate(bangkom_events_duplicate_total[{RATE}]))",
                "{{service}}: tidak dikenal": f"sum by (service) (rate(bangkom_events_skipped_total[{RATE}]))",
                "{{service}}: lebih lama": f"sum by (service) (rate(bangkom_events_older_total[{RATE}]))",
            },
        ),
        Panel(
            title="Pekerjaan berjadwal yang terlambat",
            queries={"{{service}}": f"{ONCE} (bangkom_timers_late_seconds)"},
            unit="s",
        ),
    ],
)

LOOP = Dashboard(
    name="loop",
    title="Bangkom: siklus pengembangan kompetensi",
    panels=[
        bars("Kebutuhan terbuka", "status", of_each("bangkom_needs_open", "status")),
        bars(
            "Rencana",
            "status",
            of_each("bangkom_plan_items", "status"),
            about="Yang masih harus dilaksanakan, dan yang berakhir dalam tahun rencana ini.",
        ),
        bars(
            "Rencana yang ditetapkan, per bentuk",
            "form",
            of_each("bangkom_plan_items", "form", '{status="APPROVED"}') + " > 0",
            about="Kode jenis diklat SIASN, 1 sampai 25.",
        ),
        bars(
            "Kelas",
            "phase",
            of_each("bangkom_classes", "phase", '{status="SCHEDULED"}'),
            about="Yang lewat (OVER) belum ditutup penyelenggara.",
        ),
        bars("Permintaan pelatihan", "status", of_each("bangkom_demands_open", "status")),
        bars("Permintaan pendampingan", "status", of_each("bangkom_mentoring_requests_open", "status")),
        bars("Pendampingan", "status", of_each("bangkom_pairs", "status")),
        Panel(
            title="Formulir",
            queries={"{{about}}: {{standing}}": of_each("bangkom_forms", "about, standing")},
            kind="bargauge",
            about="DUE menunggu jawaban, LATE lewat harinya, UNANSWERED tidak dijawab dalam 30 hari terakhir.",
        ),
        bars(
            "Tindak lanjut",
            "status",
            of_each("bangkom_follow_ups", "status"),
            about="Yang berjalan, dan yang berakhir dalam 30 hari terakhir.",
        ),
        bars(
            "Tindak lanjut berjalan, per jenis",
            "kind",
            of_each("bangkom_follow_ups", "kind", '{status!~"CLOSED|ESCALATED"}'),
        ),
        bars(
            "Umur tindak lanjut yang berjalan, dalam hari",
            "age",
            of_each("bangkom_follow_ups", "age", '{status!~"CLOSED|ESCALATED"}'),
        ),
        Panel(
            title="Kasus tersendat",
            queries={"{{service}}: {{step}}": of_each("bangkom_cases_stuck", "service, step")},
            about="Lebih lama dalam satu langkah daripada yang diberikan aturan.",
        ),
        Panel(
            title="Lama sampai tiap langkah, separuh kasus",
            queries={
                "{{service}}: {{step}}": "max by (service, step) (bangkom_step_median_seconds)",
            },
            unit="s",
            kind="bargauge",
        ),
        bars(
            "JP tahun ini",
            "standing",
            of_each("bangkom_learning_hours_people", "standing"),
            about="Pegawai bertarget menurut JP yang diakui: mencapai, di bawah, belum ada.",
        ),
        Panel(
            title="Impor 30 hari terakhir",
            queries={"{{service}}: {{kind}} {{outcome}}": of_each("bangkom_imports", "service, kind, outcome")},
            kind="bargauge",
        ),
        Panel(
            title="Baris impor yang ditolak",
            queries={"{{service}}: {{kind}}": of_each("bangkom_import_rows_refused", "service, kind")},
        ),
        bars(
            "Impor terakhir ditolak",
            "kind",
            of_each("bangkom_imports_failing", "kind") + " > 0",
            about="Berkas terakhir dari jenis ini ditolak, dan belum disusul yang benar.",
        ),
        Panel(
            title="Umur hitungan",
            queries={"{{service}}": "time() - max by (service) (bangkom_figures_taken_timestamp_seconds)"},
            unit="s",
            about="Dihitung tiap menit oleh worker; yang lebih lama menunggu basis data.",
        ),
    ],
)

SLOW = quantile("0.99", "bangkom_http_request_duration_seconds", "service, method, route")

WEB = Dashboard(
    name="web",
    title="Bangkom: halaman dan antarmuka",
    panels=[
        Panel(
            title="Permintaan per detik",
            queries={"{{service}}": REQUESTS},
            unit="reqps",
        ),
        Panel(
            title="Jawaban menurut kelas",
            queries={"{{status}}": f"sum by (status) (rate(bangkom_http_requests_total[{RATE}]))"},
            unit="reqps",
        ),
        Panel(
            title="Bagian yang gagal (5xx)",
            queries={
                "{{service}}": f'(sum by (service) (rate(bangkom_http_requests_total{{status="5xx"}}[{RATE}]))'
                f" or 0 * {REQUESTS}) / {REQUESTS}"
            },
            unit="percentunit",
        ),
        Panel(
            title="Lama jawaban",
            queries={
                "{{service}}: separuh": quantile("0.5", "bangkom_http_request_duration_seconds", "service"),
                "{{service}}: 99 dari 100": quantile("0.99", "bangkom_http_request_duration_seconds", "service"),
            },
            unit="s",
        ),
        Panel(
            title="Rute yang paling sering",
            queries={
                "{{method}} {{route}}": f"topk(10, sum by (method, route) (rate(bangkom_http_requests_total[{RATE}])))"
            },
            unit="reqps",
            kind="bargauge",
        ),
        Panel(
            title="Rute yang paling lambat, 99 dari 100",
            queries={"{{service}} {{method}} {{route}}": f"topk(10, {SLOW})"},
            unit="s",
            kind="bargauge",
        ),
        Panel(
            title="Rute yang ditolak (4xx)",
            queries={
                "{{method}} {{route}}": "topk(10, sum by (method, route)"
                f' (rate(bangkom_http_requests_total{{status="4xx"}}[{RATE}])))'
            },
            unit="reqps",
        ),
        Panel(
            title="Rute yang gagal (5xx)",
            queries={
                "{{method}} {{route}}": "topk(10, sum by (method, route)"
                f' (rate(bangkom_http_requests_total{{status="5xx"}}[{RATE}])))'
            },
            unit="reqps",
        ),
    ],
)

DATABASE = Dashboard(
    name="database",
    title="Bangkom: basis data dan proses",
    panels=[
        Panel(title="Basis data menjawab", queries={"{{service}}": "min by (service) (bangkom_database_answers)"}),
        Panel(
            title="Koneksi terpakai",
            queries={
                "{{instance}} {{database}}": "max by (instance, database)"
                " (bangkom_database_pool_in_use / bangkom_database_pool_size)"
            },
            unit="percentunit",
        ),
        Panel(
            title="Menunggu koneksi, kali per detik",
            queries={"{{instance}} {{database}}": f"rate(bangkom_database_pool_waits_total[{RATE}])"},
        ),
        Panel(
            title="Lama menunggu koneksi",
            queries={
                "{{instance}} {{database}}": f"rate(bangkom_database_pool_wait_seconds_total[{RATE}])"
                f" / rate(bangkom_database_pool_waits_total[{RATE}])"
            },
            unit="s",
        ),
        Panel(
            title="Tidak mendapat koneksi",
            queries={"{{instance}} {{database}}": f"increase(bangkom_database_pool_timeouts_total[{RATE}])"},
            about="Yang meminta menunggu sepuluh detik, lalu dijawab 503.",
        ),
        Panel(
            title="Memori proses",
            queries={"{{instance}}": 'process_resident_memory_bytes{job="bangkom"}'},
            unit="bytes",
        ),
        Panel(
            title="Prosesor",
            queries={"{{instance}}": f'rate(process_cpu_seconds_total{{job="bangkom"}}[{RATE}])'},
            unit="percentunit",
        ),
        Panel(title="Berkas terbuka", queries={"{{instance}}": 'process_open_fds{job="bangkom"}'}),
        Panel(
            title="Sisa ruang disk",
            queries={"{{volume}}": "min by (volume) (bangkom_disk_free_bytes / bangkom_disk_size_bytes)"},
            unit="percentunit",
        ),
        Panel(
            title="Umur cadangan terbaru",
            queries={"{{agency}}": "time() - max by (agency) (bangkom_backup_made_timestamp_seconds)"},
            unit="s",
        ),
        Panel(
            title="Sertifikat masih berlaku selama",
            queries={"{{place}}": "min by (place) (bangkom_certificate_ends_timestamp_seconds) - time()"},
            unit="s",
        ),
    ],
)

DASHBOARDS = (OVERVIEW, DELIVERY, LOOP, WEB, DATABASE)


def main() -> None:
    """Write every dashboard."""
    FOLDER.mkdir(exist_ok=True)
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.name}.json").write_text(text_of(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
