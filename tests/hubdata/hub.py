"""A small server with the endpoints of the hub that reading a data set asks for."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_INFO = re.compile(r"/api/datasets/([^/]+/[^/]+)(?:/revision/([^/]+))?")
_TREE = re.compile(r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)/?(.*)")
_PATHS = re.compile(r"/api/datasets/([^/]+/[^/]+)/paths-info/([^/]+)")
_FILE = re.compile(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


@dataclass
class Hub:
    """Data sets by name, each a folder; `gated` names answer as the hub does without access.

    `requests` are the paths asked for.
    """

    folders: dict[str, Path]
    gated: set[str] = field(default_factory=set)
    branches: tuple[str, ...] = ("main",)
    requests: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """The hub on a free port of loopback while the block runs; `hub.url` is its address."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        path = unquote(self.path.partition("?")[0])
        self.hub.requests.append(f"{self.command} {path}")
        for pattern, answer in (
            (_TREE, self._tree),
            (_PATHS, self._paths),
            (_FILE, self._file),
            (_INFO, self._info),
        ):
            match = pattern.fullmatch(path)
            if match:
                repo, revision = match[1], match[2] or "main"
                if repo not in self.hub.folders:
                    return self._refuse(401, "RepoNotFound", "Repository not found")
                if repo in self.hub.gated and pattern is not _INFO:
                    return self._refuse(403, "GatedRepo", "Access to this dataset is restricted")
                if revision not in (*self.hub.branches, COMMIT):
                    return self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
                return answer(self.hub.folders[repo], match, body)
        return self._refuse(404, "EntryNotFound", "Not found")

    def _info(self, folder: Path, match: re.Match[str], _: bytes) -> None:
        files = [{"rfilename": entry["path"]} for entry in _entries(folder)]
        gated = match[1] in self.hub.gated and "manual"
        self._json({"id": match[1], "sha": COMMIT, "gated": gated, "siblings": files})

    def _tree(self, folder: Path, match: re.Match[str], _: bytes) -> None:
        under = match[3].strip("/")
        recursive = "recursive=true" in self.path.lower()
        found = [
            entry
            for entry in _entries(folder, folders=True)
            if (str(Path(entry["path"]).parent) == (under or "."))
            or (recursive and (not under or entry["path"].startswith(f"{under}/")))
        ]
        if under and not (folder / under).is_dir():
            return self._refuse(404, "EntryNotFound", "Not found")
        return self._json(found)

    def _paths(self, folder: Path, _match: re.Match[str], body: bytes) -> None:
        text = body.decode()
        if text.startswith("{"):
            wanted = json.loads(text)["paths"]
        else:
            wanted = [unquote(part.partition("=")[2]) for part in text.split("&")]
        self._json([one for one in _entries(folder, folders=True) if one["path"] in wanted])

    def _file(self, folder: Path, match: re.Match[str], _: bytes) -> None:
        file = folder / match[3]
        if not file.is_file():
            return self._refuse(404, "EntryNotFound", "Entry not found")
        data = file.read_bytes()
        etag = {"ETag": f'"{sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if span is None:
            return self._send(200, data, etag)
        start, end = int(span[1]), int(span[2] or len(data) - 1)
        part = data[start : end + 1]
        shown = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        return self._send(206, part, {**etag, "Content-Range": shown})

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self._send(status, json.dumps({"error": message}).encode(), headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entries(folder: Path, *, folders: bool = False) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            oid = sha256(path.read_bytes()).hexdigest()[:40]
            found.append({"type": "file", "oid": oid, "size": path.stat().st_size, "path": name})
        elif folders:
            found.append({"type": "directory", "oid": "0" * 40, "size": 0, "path": name})
    return found
