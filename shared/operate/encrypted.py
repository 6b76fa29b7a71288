"""Connections with TLS to servers, also to PostgreSQL, which is first asked for it in words of its own."""

from __future__ import annotations

import asyncio
import ssl
import struct

SSL_REQUEST = struct.pack("!II", 8, 80877103)
WILLING = b"S"


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
