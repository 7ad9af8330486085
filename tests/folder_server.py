"""A web server on this machine that gives out a folder, as fast as it is asked."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Server(ThreadingHTTPServer):
    # A reader of slides asks for many parts at once. Python's five waiting callers are soon exceeded; the system then
    # drops the next ones, who call again after one, three, seven, fifteen seconds.
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def served(folder: Path, asked: list[str] | None = None) -> Iterator[str]:
    """Give out `folder`; yields the address, and notes the paths that are asked for in `asked`."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.path)
            super().do_GET()

    with _Server(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
