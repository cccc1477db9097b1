"""One request to a server and its reply, which is bounded in bytes and in seconds.

    async with Channel("http://127.0.0.1:8000/v1", key, concurrency=32, seconds=600.0) as channel:
        text = await channel.post("/chat/completions", body, most_bytes=2**20)

Every request has a connection of its own. On one that is kept alive, whatever a server sends beyond
its reply is read as the reply to the next request: of a server that says everything twice, every
other prompt would get another prompt's answer, and HTTP/1.1 has nothing to tell them apart by.
"""

import asyncio
import email.utils
import json
import re
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CONNECT_SECONDS = 10.0  # a server that is there accepts at once, however long it then thinks
# Of an error only a line is shown, and no list of models is longer.
_MOST_BYTES_ELSE = 2**20
_HUNG_UP = "the server hung up before its reply was whole"


class ServerUnreachableError(Exception):
    """The server was not reached."""


class BrokenExchangeError(ServerUnreachableError):
    """Something is there that hung up before its reply was whole, or speaks no HTTP, or no TLS.

    One of the unreachable: a server that dies under a request hangs up. The message says which.
    """


class ReplyTimeoutError(Exception):
    """The reply was not whole in time, however much of it had come."""


class StatusError(Exception):
    """A reply whose status is no success. `code` and the message are those of OpenAI's errors."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self._headers = headers

    @property
    def location(self) -> str | None:
        """Where the server says that it has moved."""
        return self._headers.get("location")

    @property
    def retry_after_seconds(self) -> float | None:
        """Seconds that the server asks to wait (RFC 9110, 10.2.3: a number or a date), if so."""
        asked = self._headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", asked):
            return float(asked)
        try:
            moment = email.utils.parsedate_to_datetime(asked).timestamp()
        except (ValueError, OverflowError):
            return None
        return max(0.0, moment - time.time())


class MalformedReplyError(Exception):
    """A reply of success that is no completion: of a broken proxy, or an error in disguise.

    `passes` says whether the same request may succeed later.
    """

    def __init__(self, problem: str, *, passes: bool = True) -> None:
        super().__init__(problem)
        self.passes = passes


class Channel:
    """The way to one server: a connection for every request, `concurrency` of them at a time.

    As a context manager it ends its connections. It follows no redirection, which would send
    prompts to whom nobody named.
    """

    def __init__(self, url: str, key: str, *, concurrency: int, seconds: float) -> None:
        self._url, self._seconds = url.rstrip("/"), seconds
        self._http = httpx2.AsyncClient(
            # A compressed reply is read, though nobody asks for one.
            headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"},
            limits=httpx2.Limits(max_connections=concurrency, max_keepalive_connections=0),
            # The library's limit is on the pause between two bytes, which may come one by one.
            timeout=httpx2.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            follow_redirects=False,
            # A proxy does not lead to this machine.
            trust_env=urlsplit(url).hostname not in _LOOPBACK,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def post(self, path: str, body: object, most_bytes: int) -> str:
        """The text of the reply to a JSON body.

        Raises:
            ServerUnreachableError, BrokenExchangeError, ReplyTimeoutError, StatusError: as they
                say.
            MalformedReplyError: it is longer than `most_bytes` once decompressed, or no UTF-8.
        """
        content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        request = self._http.build_request(
            "POST",
            self._url + path,
            content=content,
            headers={"Content-Type": "application/json"},
        )
        return await self._exchange(request, most_bytes)

    async def get(self, path: str) -> str:
        """The text at a path; raises as `post` does."""
        request = self._http.build_request("GET", self._url + path)
        return await self._exchange(request, _MOST_BYTES_ELSE)

    async def _exchange(self, request: httpx2.Request, most_bytes: int) -> str:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._reply(request, most_bytes)
        except httpx2.ConnectTimeout as error:
            raise ServerUnreachableError(_cause(error)) from error
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise ReplyTimeoutError(_cause(error)) from error
        except httpx2.TransportError as error:
            what = _what_broke(error)
            if what is not None:
                raise BrokenExchangeError(f"{what} ({_cause(error)})") from error
            raise ServerUnreachableError(_cause(error)) from error
        except httpx2.DecodingError as error:
            raise MalformedReplyError(f"the reply cannot be decompressed: {error}") from error

    async def _reply(self, request: httpx2.Request, most_bytes: int) -> str:
        response = await self._http.send(request, stream=True)
        try:
            if response.is_success:
                return _text(await _content(response, most_bytes))
            try:
                content = await _content(response, _MOST_BYTES_ELSE)
            except (MalformedReplyError, httpx2.DecodingError):
                content = b""  # the status says enough
            raise _status_error(response, content)
        finally:
            await response.aclose()


async def _content(response: httpx2.Response, most_bytes: int) -> bytes:
    """All of a body, decompressed a piece (of 1 MiB at most) at a time."""
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > most_bytes:
            raise MalformedReplyError(
                f"the reply is longer than {most_bytes:,} bytes, more than the tokens that were "
                "asked for can take"
            )
    return bytes(content)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        # Read with signs in the place of what is not known, it would be another answer.
        raise MalformedReplyError(f"the reply is no UTF-8 (byte {error.start})") from error


def _status_error(response: httpx2.Response, content: bytes) -> StatusError:
    """What OpenAI's errors say, or else the body as text, or else the name of the status."""
    text = content.decode(errors="replace")
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        body = text
    inner = body.get("error", body) if isinstance(body, dict) else body
    told = inner.get("message") if isinstance(inner, dict) else inner
    code = inner.get("code") if isinstance(inner, dict) else None
    message = str(told or inner or response.reason_phrase)
    return StatusError(response.status_code, str(code or ""), message, response.headers)


def _what_broke(error: httpx2.TransportError) -> str | None:
    """What happened once something was reached; None where nothing was."""
    if isinstance(error, (httpx2.ReadError, httpx2.WriteError, httpx2.CloseError)):
        return _HUNG_UP
    if isinstance(error, httpx2.RemoteProtocolError):
        # The library tells the end of a connection and what is no HTTP by its words alone.
        ended = re.search(r"disconnected|closed connection|incomplete", str(error))
        return _HUNG_UP if ended else "the server answered, but not in HTTP"
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return None if cause is None else "the server was reached, but not by TLS"


def _cause(error: BaseException) -> str:
    return str(error) or type(error).__name__
