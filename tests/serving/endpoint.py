"""A local HTTP server that behaves like an OpenAI-compatible endpoint, faults included."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-secret-of-this-test"


@dataclass(frozen=True)
class Reaction:
    """What the server does with one request; `drop` hangs up without a word."""

    status: int = 200
    body: object = None
    headers: dict = field(default_factory=dict)
    drop: bool = False
    seconds: float = 0.0


def error(status, message, code=None, headers=None):
    return Reaction(status, {"error": {"message": message, "code": code}}, headers or {})


def completion(body, *, usage=None, finish="stop", **message):
    """A chat completion; without `content` it says which prompt it answers."""
    text = body["messages"][-1]["content"] if "messages" in body else str(body["prompt"])
    message = {"role": "assistant", "content": f"answer to {text}", **message}
    reply = {
        "id": "one",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage or {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }
    return Reaction(body=reply)


class Endpoint:
    """A running server: `url`, and every body it was sent with its number, in order."""

    def __init__(self, url: str, models: tuple[str, ...]) -> None:
        self.url, self.models = url, models
        self.asked: list[dict] = []
        self.keys: set[str] = set()
        self.together = self.most_together = 0
        self.lock = threading.Lock()

    def prompts(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.asked]


@contextmanager
def endpoint(
    react: Callable[[dict, int], Reaction] = lambda body, number: completion(body),
    models: tuple[str, ...] = ("teacher",),
    port: int = 0,
) -> Iterator[Endpoint]:
    """Serve on 127.0.0.1; `react` sees a body and how many came before it."""
    server = ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler)
    server.daemon_threads = True
    state = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v1", models)
    server.RequestHandlerClass = _handler(state, react)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: Endpoint, react: Callable[[dict, int], Reaction]):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *words):
            """Say nothing."""

        def do_GET(self):
            cards = [{"id": name, "object": "model"} for name in state.models]
            self.reply(Reaction(body={"object": "list", "data": cards}))

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with state.lock:
                number = len(state.asked)
                state.asked.append(body)
                state.keys.add(self.headers["Authorization"])
                state.together += 1
                state.most_together = max(state.most_together, state.together)
            try:
                reaction = self.reaction(body, number)
                time.sleep(reaction.seconds)
            finally:
                # Before the reply: whoever reads it may ask again at once.
                with state.lock:
                    state.together -= 1
            self.reply(reaction)

        def reaction(self, body, number):
            if not self.path.endswith(("/v1/chat/completions", "/v1/completions")):
                return error(404, "Not Found")
            if self.headers["Authorization"] != f"Bearer {KEY}":
                return error(401, f"Incorrect API key: {self.headers['Authorization']}")
            if body["model"] not in state.models:
                return error(404, f"The model `{body['model']}` does not exist.")
            return react(body, number)

        def reply(self, reaction):
            if reaction.drop:
                self.close_connection = True
                self.connection.close()
                return
            text = reaction.body if isinstance(reaction.body, str) else json.dumps(reaction.body)
            data = text.encode()
            try:
                self.send_response(reaction.status)
                for name, value in reaction.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True  # the client has gone

    return Handler
