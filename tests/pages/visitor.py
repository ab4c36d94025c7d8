"""A visitor of the pages: Flask's test client that sends form tokens and can be asked what it sees."""
from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse


class Visitor:
    def __init__(self, app: Flask, language: str = "en", agent: str = "Test browser"):
        self.app = app
        self.client = app.test_client()
        self.headers = {"Accept-Language": language, "Accept": "text/html", "User-Agent": agent}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={**self.headers, **_headers(headers)})

    def post(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Posts a form as the pages do, with its token."""
        sent = {**self.headers, "X-CSRFToken": self.form_token(), **_headers(headers)}
        return self.client.post(path, data=form or {}, headers=sent)

    def post_without_token(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        return self.client.post(path, data=form or {}, headers={**self.headers, **_headers(headers)})

    def sign_in(self, email: str, password: str, **form: str) -> Visitor:
        answer = self.post("/sign-in", {"email": email, "password": password, **form})
        assert answer.status_code == 303, words(answer)
        return self

    def form_token(self) -> str:
        with self.client.session_transaction() as session:
            session.setdefault("csrf_token", "a" * 40)
            return URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(session["csrf_token"])

    @property
    def is_signed_in(self) -> bool:
        return self.get("/me").status_code == 200


def words(answer: TestResponse) -> str:
    """What a person reads on the page: no scripts, no tags, single spaces."""
    text = re.sub(r"<(script|title)\b.*?</\1>", " ", answer.get_data(as_text=True), flags=re.S)
    body = text.partition("<main")[2] or text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}
