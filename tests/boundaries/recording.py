"""A loopback proxy that keeps every byte, both ways: what delivery was sent and what it said."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Recorder:
    """Forwards 127.0.0.1:`port` to a server of this machine and remembers all that passed."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.received = bytearray()
        self.sent = bytearray()
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    @contextlib.contextmanager
    def running(self) -> Iterator["Recorder"]:
        """Listen until the block ends."""
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            # Closing alone does not wake a thread that waits in accept().
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target_port))
                for source, sink, kept in (
                    (client, server, self.received),
                    (server, client, self.sent),
                ):
                    threading.Thread(
                        target=self._pump, args=(source, sink, kept), daemon=True
                    ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                with self._guard:
                    kept += piece
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
