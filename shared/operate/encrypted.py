"""Connections with TLS to servers, also to PostgreSQL, which is first asked for it in words of its own."""

from __future__ import annotations

import asyncio
import ssl
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from sqlalchemy import make_url

from shared.postgres import PORT, SOCKET

SSL_REQUEST = struct.pack("!II", 8, 80877103)
WILLING = b"S"
BOUND_TO_TLS = b"SCRAM-SHA-256-PLUS\0"
HEAD, LENGTH = struct.Struct("!cI"), struct.Struct("!I")
"""What a message of PostgreSQL begins with: its kind and its length, which counts itself."""

CHUNK = 2**16

log = structlog.get_logger()


class NotEncrypted(ConnectionError):
    """The server does not speak TLS."""


async def open_encrypted(
    host: str, port: int, context: ssl.SSLContext, *, postgres: bool = False
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect with TLS; raises OSError, of which refused certificates and NotEncrypted are kinds."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        if postgres:
            writer.write(SSL_REQUEST)
            if await reader.read(1) != WILLING:
                raise NotEncrypted(f"{host}:{port}")
        await writer.start_tls(context, server_hostname=host)
    except BaseException:
        writer.close()
        raise
    return reader, writer


def anybody() -> ssl.SSLContext:
    """Takes any certificate: for whoever only looks at it, and says nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def reached(server: str) -> AsyncIterator[str]:
    """The address at which PostgreSQL's programs that come with us reach a server; they were built without TLS.

    Where the address asks for TLS, it is a socket in a folder of ours, and what comes in there is carried on encrypted,
    to a server whose certificate was looked at.
    """
    url = make_url(server)
    authority = url.query.get("sslrootcert")
    if authority is None:
        yield server
        return
    context = ssl.create_default_context(cafile=str(authority))

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await open_encrypted(url.host or "", url.port or PORT, context, postgres=True)
        except OSError as error:
            log.warning("server_unreached", error=type(error).__name__)
            writer.close()
            return
        await _carry_both((reader, writer), there)

    with tempfile.TemporaryDirectory(prefix="bangkom-") as folder:
        async with await asyncio.start_unix_server(carry, Path(folder) / SOCKET):
            own = {"host": folder, "port": str(PORT)}
            yield url.set(host=None, port=None, query=own).render_as_string(hide_password=False)


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _carry_both(program: Stream, server: Stream) -> None:
    """Carry bytes both ways until either side ends."""
    ways = [
        asyncio.create_task(_carry(program[0], server[1])),
        asyncio.create_task(_answer(server[0], program[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for _, writer in (program, server):
            writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry what the server says; of its first message, how one may sign in, without what needs TLS in the program."""
    kind, length = HEAD.unpack(await reader.readexactly(HEAD.size))
    said = (await reader.readexactly(length - LENGTH.size)).replace(BOUND_TO_TLS, b"")
    writer.write(HEAD.pack(kind, len(said) + LENGTH.size) + said)
    await _carry(reader, writer)
