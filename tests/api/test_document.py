"""The document: valid, complete, and true. Requests made from it are answered exactly as it says."""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import checks

from runtime.api.route import Route
from tests.api.caller import Caller
from tests.api.conftest import an_order

EXAMPLES = 6
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
)


def test_the_document_is_valid(lite: Caller) -> None:
    document = lite.get("/openapi.json")
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_the_document_has_every_operation_of_both_halves(lite: Caller) -> None:
    document = lite.get("/openapi.json")
    table: list[Route] = lite.app.extensions["api_routes"]
    wanted = {(route.method.lower(), route.path.replace("{form}", form)) for route in table for form in ("customer", "order")}
    assert wanted == {(method, path) for path, operations in document["paths"].items() for method in operations}
    rules = {
        (method.lower(), re.sub(r"<string:(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in lite.app.url_map.iter_rules()
        if rule.endpoint.startswith("api")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert rules == {(route.method.lower(), route.path) for route in table}
    assert len({operation["operationId"] for each in document["paths"].values() for operation in each.values()}) == len(wanted)


def test_each_form_has_schemas_of_its_own(lite: Caller) -> None:
    schemas = lite.get("/openapi.json")["components"]["schemas"]
    assert schemas["New__customer"]["required"] == ["name"] and set(schemas["Record__order"]["properties"]) >= {
        "id",
        "version",
        "no",
        "amount",
        "items",
    }
    assert schemas["Record__order"]["properties"]["items"]["items"]["properties"]["line_total"] == {"type": ["string", "null"]}


def test_those_who_may_see_no_form_see_none_in_the_document(as_person: Any) -> None:
    assert not any(path.startswith("/forms") for path in as_person("gus").get("/openapi.json")["paths"])


def operations() -> list[str]:
    from builder.api import ROUTES as DESIGN
    from runtime.api.routes import ROUTES as RUNNING

    return [f"{route.method} {route.path}" for route in [*RUNNING, *DESIGN]]


@pytest.fixture
def filled(lite: Caller) -> Caller:
    for number in range(3):
        lite.post("/forms/customer/records", {"name": f"Customer {number}", "code": f"C{number}"})
        lite.post("/forms/order/records", an_order(f"C{number}", "200"))
    return lite


@pytest.mark.parametrize("name", operations())
def test_an_operation_answers_as_it_is_described(filled: Caller, name: str) -> None:
    """A few requests for each, good and bad ones, the same on every run."""
    method, path = name.split()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", filled.app, headers={"Authorization": f"Bearer {filled.token}"})
    operation = schema[path.replace("{form}", "order")][method]
    ids = [each["id"] for each in filled.get("/forms/order/records")["items"]]

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(
        case=hypothesis.strategies.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        ),
        known=hypothesis.strategies.sampled_from([None, *ids]),
    )
    def holds(case: Any, known: str | None) -> None:
        if known is not None and re.fullmatch("[1-9][0-9]{0,17}", str(case.path_parameters.get("id"))):  # else the bad id is the point of it
            case.path_parameters["id"] = known
        case.call_and_validate(headers={"Authorization": f"Bearer {filled.token}"}, checks=CHECKS)

    holds()
