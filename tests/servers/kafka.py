"""The Apache Kafka that tests use: one node that is broker and controller, on a folder and ports of their own."""

import os
import random
import shutil
import signal
import socket
import subprocess
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aiokafka import AIOKafkaClient
from aiokafka.errors import KafkaError

from tests.waiting import wait_until

START_SECONDS = 120.0
STOP_SECONDS = 30.0
JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKafka:
    """The address of a broker that tests share; they neither start nor end it."""

    bootstrap: str


class KafkaServer:
    """A broker of the tests' own, which they may kill, pause and start again on the same folder and port."""

    def __init__(self, folder: Path, libs: Path) -> None:
        self.folder = folder
        self.libs = libs
        self.log_file = folder / "kafka.log"
        self._port, self._controller_port = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def runs(self) -> bool:
        return self._process is not None

    async def start(self) -> None:
        """Start the broker, with the data it had, and return when it answers for itself."""
        assert self._process is None, "the broker runs already"
        assert shutil.which("java"), "Java is missing: deploy/setup-tests.sh installs it"
        assert any(self.libs.glob("kafka_*.jar")), f"{self.libs} has no Kafka: deploy/setup-tests.sh fetches it"
        properties = self.folder / "server.properties"
        if not properties.exists():
            self._format(properties)
        with self.log_file.open("ab") as log:
            self._process = self._java("kafka.Kafka", str(properties), log=log)
        try:
            await wait_until(self._answers, within=START_SECONDS, every=0.1)
        except BaseException:
            self.kill()
            raise

    async def stop(self) -> None:
        """Let the broker end in order; one that does not is killed. A stopped one stays stopped."""
        process = self._process
        if process is None:
            return
        self.resume()
        process.terminate()
        try:
            await wait_until(lambda: process.poll() is not None, within=STOP_SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """End the broker at once, as when the power fails."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def lose_disk(self) -> None:
        """Have the broker, which does not run, begin anew without topics, records and offsets."""
        assert self._process is None, "the broker runs"
        shutil.rmtree(self.folder / "data")
        (self.folder / "server.properties").unlink()

    def pause(self) -> None:
        """Freeze the broker, all of its threads: its port stays open and nobody answers."""
        pid = self._signal(signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Let a frozen broker go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> int:
        assert self._process is not None, "the broker does not run"
        self._process.send_signal(number)
        return self._process.pid

    def _format(self, properties: Path) -> None:
        properties.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        with self.log_file.open("ab") as log:
            tool = "kafka.tools.StorageTool"
            process = self._java(tool, "format", "-t", "bangkom", "-c", str(properties), "--standalone", log=log)
            assert process.wait(START_SECONDS) == 0, f"Kafka cannot use {self.folder}:\n{self._log_tail()}"

    def _settings(self) -> dict[str, object]:
        broker, controller = f"127.0.0.1:{self._port}", f"127.0.0.1:{self._controller_port}"
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            # A broker that was killed may not register again before its old session has ended.
            "broker.session.timeout.ms": 1500,
            "broker.heartbeat.interval.ms": 300,
            # A worker that was killed holds its partitions for one session: tests ask for short ones.
            "group.min.session.timeout.ms": 1000,
        }

    def _java(self, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        # A session of its own: an interrupt from the keyboard ends the tests, and they end the broker.
        command = [*JAVA, f"-Djava.io.tmpdir={self.folder}", "-cp", f"{self.libs}/*", *arguments]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    async def _answers(self) -> bool:
        """Kafka answers a metadata request with itself as a broker."""
        assert self._process is not None
        assert self._process.poll() is None, f"Kafka ended at once:\n{self._log_tail()}"
        return await answers(self.bootstrap)

    def _log_tail(self) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-20:])


async def answers(bootstrap: str) -> bool:
    """Whether a broker answers there and knows a broker to talk to."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses, below those that the system gives to outgoing connections.

    A port of that range could be taken by any client while its server is down.
    """
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1000):
        with closing(socket.socket()) as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports")
