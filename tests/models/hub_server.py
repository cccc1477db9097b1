"""A small Hugging Face hub on loopback: the endpoints that a download of a model uses."""

import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

LARGE_BYTES = 10_000  # from here on a file has a SHA-256 in the listing, as with Git LFS


@dataclass
class Hub:
    """Repositories by name, each with its files; what was asked for is kept in `requests`."""

    url: str = ""
    repos: dict = field(default_factory=dict)
    branches: dict = field(default_factory=dict)
    gated: set = field(default_factory=set)
    refused_tokens: set = field(default_factory=set)
    broken: bool = False
    corrupt: set = field(default_factory=set)
    requests: list = field(default_factory=list)

    def add(self, repo, files, branch="main"):
        """Publish a commit of files (name to bytes) and point a branch at it."""
        digest = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.repos.setdefault(repo, {})[digest] = dict(files)
        self.branches[repo, branch] = digest
        return digest

    def fetched(self):
        """Names of the files whose content was asked for."""
        return [path.rsplit("/", 1)[-1] for verb, path in self.requests if "/resolve/" in path]


@contextmanager
def serving():
    """A hub that runs while the block does."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self):
        self._answer()

    def do_HEAD(self):
        self._answer()

    def log_message(self, *_):
        pass

    def _answer(self):
        path = unquote(urlsplit(self.path).path).strip("/")
        self.hub.requests.append((self.command, path))
        if self.hub.broken:
            self._error(503, None, "down for maintenance")
        elif path.startswith("api/models/"):
            self._api(path.removeprefix("api/models/"))
        else:
            self._resolve(path)

    def _api(self, path):
        for word in ("/revision/", "/tree/"):
            if word in path:
                repo, _, revision = path.partition(word)
                files = self._files(repo, revision)
                if files is not None:
                    self._send_listing(repo, self._commit(repo, revision), files, word)
                return
        self._error(404, "RepoNotFound", "Repository not found")

    def _send_listing(self, repo, commit, files, word):
        entries = [_entry(name, content) for name, content in sorted(files.items())]
        if word == "/tree/":
            self._json([{"type": "file", "path": e.pop("rfilename"), **e} for e in entries])
        else:
            for entry in entries:
                if "lfs" in entry:
                    entry["lfs"] = {**entry["lfs"], "sha256": entry["lfs"]["oid"]}
            self._json({"id": repo, "modelId": repo, "sha": commit, "siblings": entries})

    def _resolve(self, path):
        repo, _, rest = path.partition("/resolve/")
        revision, _, name = rest.partition("/")
        files = self._files(repo, revision)
        if files is None:
            return
        if name not in files:
            self._error(404, "EntryNotFound", "Entry not found")
            return
        content = files[name]
        if name in self.hub.corrupt and self.command == "GET":
            content = bytes(len(content))
        headers = {
            "ETag": f'"{_oid(files[name])}"',
            "X-Repo-Commit": self._commit(repo, revision),
            "Content-Type": "application/octet-stream",
        }
        self._send(200, content, headers)

    def _files(self, repo, revision):
        """The files of a revision, or None where an error was sent."""
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token in self.hub.refused_tokens:
            self._error(401, None, "Invalid credentials in Authorization header")
        elif repo not in self.hub.repos:
            self._error(401, "RepoNotFound", "Repository not found")
        elif repo in self.hub.gated and "/resolve/" in self.path:
            self._error(403, "GatedRepo", "Access to this model is restricted")
        elif self._commit(repo, revision) is None:
            self._error(404, "RevisionNotFound", "Invalid rev id")
        else:
            return self.hub.repos[repo][self._commit(repo, revision)]
        return None

    def _commit(self, repo, revision):
        known = revision in self.hub.repos[repo]
        return revision if known else self.hub.branches.get((repo, revision))

    def _json(self, value):
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _error(self, status, code, message):
        headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
        self._send(status, json.dumps({"error": message}).encode(), headers)

    def _send(self, status, content, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _oid(content):
    if len(content) >= LARGE_BYTES:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _entry(name, content):
    oid = _oid(content)
    entry = {"rfilename": name, "size": len(content), "blobId": oid, "oid": oid}
    if len(content) >= LARGE_BYTES:
        entry["lfs"] = {"oid": oid, "size": len(content), "pointerSize": 130}
    return entry
