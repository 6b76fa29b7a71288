"""Why a file as a whole is refused, in sentences that say what to do next."""

from shared.errors import Invalid

SENTENCES = {
    "too-large": "Berkas terlalu besar: {size} MB, paling besar {limit} MB. Bagi menjadi beberapa berkas.",
    "empty": "Berkas ini kosong: tidak ada satu pun sel yang terisi.",
    "old-or-protected": (
        "Berkas ini berformat Excel lama (.xls) atau dilindungi kata sandi. "
        "Buka di Excel, hapus kata sandinya bila ada, lalu simpan sebagai .xlsx."
    ),
    "other-format": "Berkas ini bukan .xlsx. Buka di aplikasi asalnya, lalu simpan sebagai .xlsx.",
    "not-a-workbook": "Berkas ini bukan lembar kerja. Yang diterima: .xlsx, atau .csv berhuruf UTF-8.",
    "bad-encoding": "Huruf dalam berkas .csv ini bukan UTF-8. Simpan ulang sebagai “CSV UTF-8” atau .xlsx.",
    "damaged": "Berkas ini rusak dan tidak dapat dibaca. Buka di Excel, lalu simpan ulang sebagai .xlsx.",
    "protected": "Berkas ini dilindungi kata sandi. Hapus kata sandinya, lalu simpan ulang sebagai .xlsx.",
    "macros": "Berkas ini berisi makro. Simpan sebagai .xlsx tanpa makro.",
    "external-links": "Berkas ini mengambil nilai dari berkas lain. Putuskan tautannya di Excel (Data > Edit Links), "
    "lalu simpan ulang.",
    "xml-entities": "Berkas ini berisi definisi XML yang tidak dipakai Excel dan tidak dibaca demi keamanan.",
    "bomb": "Isi berkas ini jauh lebih besar daripada ukurannya, sehingga tidak dibuka demi keamanan.",
    "too-many-rows": "Terlalu banyak baris: paling banyak {limit}. Bagi menjadi beberapa berkas.",
    "header-not-found": (
        "Judul kolom tidak ditemukan. Kolom yang wajib ada dalam satu baris: {columns}. "
        "Yang paling mendekati: lembar “{sheet}” baris {row}, belum ada: {missing}."
    ),
    "header-absent": "Judul kolom tidak ditemukan. Kolom yang wajib ada dalam satu baris: {columns}.",
    "header-twice": "Judul kolom {column} ada lebih dari satu di lembar “{sheet}” baris {row}: {titles}. Sisakan satu.",
    "no-rows": "Tidak ada data di bawah judul kolom (lembar “{sheet}” baris {row}).",
}


class WorkbookRefused(Invalid):
    """The file cannot be read as a table; `code` and `parameters` allow the same sentence in another language."""

    def __init__(self, reason: str, **parameters: str | int) -> None:
        super().__init__(SENTENCES[reason].format(**parameters))
        self.code = f"workbook-{reason}"
        self.parameters = parameters
