"""proxy.py - a TCP proxy that can be as bad as a network: late, slow, silent, cut, garbled. What it holds back comes later, in order, also when its sender has long given up."""

from __future__ import annotations

import asyncio
import struct
import threading

CHUNK_BYTES = 1 << 16
LOOK_S = 0.02
HOST = "127.0.0.1"


class Proxy:
    """Between clients and 127.0.0.1:target. For Kafka, which tells its clients where it is, its port in what it tells is replaced by ours."""

    def __init__(self, target: int, is_kafka: bool = False) -> None:
        self.target, self.is_kafka = target, is_kafka
        self.delay_s = 0.0
        self.bytes_s = 0.0           # 0: as fast as it goes
        self.is_silent = False       # half open: connections stand, nothing passes
        self.is_garbled = False      # the first answer of a new connection begins with rubbish
        self.garbled_count = self.cut_count = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.loop = asyncio.new_event_loop()
        self.port = 0
        is_open = threading.Event()
        threading.Thread(target=self._run, args=(is_open,), daemon=True).start()
        is_open.wait()

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def cut(self) -> None:
        """Every connection, at once, with all that is on its way."""
        self.loop.call_soon_threadsafe(self._cut)

    def heal(self) -> None:
        self.delay_s = self.bytes_s = 0.0
        self.is_silent = self.is_garbled = False

    def _cut(self) -> None:
        self.cut_count += len(self.writers)
        for writer in self.writers:
            writer.transport.abort()

    def _run(self, is_open: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        is_open.set()
        self.loop.run_forever()

    async def _serve(self, client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        pair = {client_writer}
        self.writers.add(client_writer)
        try:
            reader, writer = await asyncio.open_connection(HOST, self.target)
            pair.add(writer)
            self.writers.add(writer)
            await asyncio.gather(self._pump(client_reader, writer, False), self._pump(reader, client_writer, True))
        except OSError:
            pass
        finally:
            for each in pair:
                self.writers.discard(each)
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_answer: bool) -> None:
        is_first = True
        while bytes_ := await reader.read(CHUNK_BYTES):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.bytes_s:
                await asyncio.sleep(len(bytes_) / self.bytes_s)
            while self.is_silent:
                await asyncio.sleep(LOOK_S)
            if is_answer and self.is_kafka:
                bytes_ = bytes_.replace(HOST.encode() + struct.pack(">i", self.target), HOST.encode() + struct.pack(">i", self.port))
            if is_answer and is_first and self.is_garbled:
                bytes_ = b"\x00" + bytes_[1:]
                self.garbled_count += 1
            is_first = False
            writer.write(bytes_)
            await writer.drain()
        raise OSError("the other side has closed")
