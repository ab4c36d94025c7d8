"""A script that calls the API with a token."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

ROOT = "/api/v1"


class Caller:
    def __init__(self, app: Flask, token: str):
        self.app, self.token = app, token
        self.client = app.test_client()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        given = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": "en",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if isinstance(body, bytes):
            return self.client.open(ROOT + path, method=method, data=body, headers={"Content-Type": "application/json", **given})
        return self.client.open(ROOT + path, method=method, json=body, headers=given)

    def get(self, path: str, **headers: str) -> Any:
        return done(self.send("GET", path, **headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return done(self.send("POST", path, body, **headers))

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return done(self.send("PATCH", path, body, **headers))

    def refused(self, method: str, path: str, body: Any = None, status: int = 422, **headers: str) -> dict[str, str]:
        """The problems of a request that is not done, by path."""
        answer = self.send(method, path, body, **headers)
        assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True))
        assert (
            answer.mimetype == "application/problem+json"
            and answer.json["status"] == status
            and answer.json["type"]
            and answer.json["detail"]
        )
        return {each["path"]: each["message"] for each in answer.json["errors"]}


def done(answer: TestResponse) -> Any:
    assert answer.status_code < 300, (answer.status_code, answer.get_data(as_text=True))
    return answer.json
