"""A visitor of a running site who uses nothing but HTTP, so that the site may be of any release."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any


class Visitor:
    """Somebody with cookies or an API token. Answers are pairs of status and body."""

    def __init__(self, address: str, token: str = "") -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask(urllib.request.Request(self._address + path, headers=self._headers))

    def wait_until_ready(self, seconds: float) -> None:
        """Returns when the site has loaded its encoder and indexes. Raises AssertionError when it takes longer."""
        deadline = time.monotonic() + seconds
        while (answer := self.get("/readyz"))[0] != 200:
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)  # nothing tells those outside

    def sign_in(self, name: str, password: str) -> None:
        """Signs in with the form; raises AssertionError when the site refuses."""
        self.get("/accounts/login/")
        status, body = self.submit("/accounts/login/", login=name, password=password)
        assert status == 200, body
        assert any(cookie.name == "sessionid" for cookie in self._cookies), body

    def submit(self, path: str, **fields: str) -> tuple[int, bytes]:
        """Sends a form as a page would and follows where the answer leads."""
        secret = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken") or ""
        body = urllib.parse.urlencode(fields).encode()
        return self._ask(urllib.request.Request(self._address + path, body, {"X-CSRFToken": secret}))

    def api(self, path: str, **body: object) -> Any:
        """The answer of the API, as JSON: to a POST where there is a body, else to a GET. Raises AssertionError."""
        content = json.dumps(body).encode() if body else None
        headers = self._headers | {"Content-Type": "application/json"}
        status, answer = self._ask(urllib.request.Request(f"{self._address}/api/v1{path}", content, headers))
        assert status in (200, 201), answer
        # Addresses in answers name the port, which is another one each time.
        return json.loads(answer.decode().replace(self._address, ""))

    def _ask(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
