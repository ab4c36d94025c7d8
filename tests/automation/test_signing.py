"""Signatures of providers, against the examples that they publish."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.automation.channels import sms
from runtime.automation.signing import METHODS, Request, signed
from runtime.automation.sms_gateway import SIGNATURES
from runtime.automation.trouble import Trouble
from tests.automation.conftest import House, Receiver, allow

STARS = "*" * 32


def test_alibaba_cloud_gets_the_signature_of_its_example() -> None:
    request = Request(
        "POST",
        "https://ecs.cn-shanghai.aliyuncs.com/?RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        {"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "Accept": "application/json"},
        b"",
        "YourAccessKeyId",
        "YourAccessKeySecret",
        datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        "3156853299f313e23d1673dc12e1703d",
    )
    headers = signed("aliyun", request)
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
    assert headers["x-acs-date"] == "2023-10-26T10:22:32Z"


def test_tencent_cloud_gets_the_signature_of_its_example() -> None:
    request = Request(
        "POST",
        "https://cvm.tencentcloudapi.com/",
        {"Content-Type": "application/json; charset=utf-8", "X-TC-Action": "DescribeInstances", "X-TC-Version": "2017-03-12"},
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
        f"AKID{STARS}",
        STARS,
        datetime.fromtimestamp(1551113065, UTC),
    )
    assert signed("tencent", request) == {
        "X-TC-Timestamp": "1551113065",
        "Authorization": f"TC3-HMAC-SHA256 Credential=AKID{STARS}/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, "
        "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
    }


def test_the_page_offers_every_signature_that_there_is() -> None:
    assert {"", *METHODS} == set(SIGNATURES)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_signed_is_what_arrives(small_house: House, receiver: Receiver, method: str) -> None:
    allow(small_house, receiver)
    body = {"PhoneNumbers": "{to}", "TemplateParam": '{"words": "{text_json}"}', "SignName": "短信 签名"}
    given = {"headers": {"x-acs-action": "SendSms"}, "body": body, "format": "form", "sign": "aliyun", "key_id": "id", "secret": "s"}
    gateway = sms.Gateway(url=f"{receiver.url}?a=b*c", method=method, **given)
    sms.call(small_house.workspace, gateway, "138 0000", 'He said "yes" & left', "run/1")
    (call,) = receiver.calls
    sent = parse_qs(urlsplit(call.path).query if method == "GET" else call.body.decode())
    assert json.loads(sent["TemplateParam"][0]) == {"words": 'He said "yes" & left'} and sent["SignName"] == ["短信 签名"]
    own = {name.lower(): value for name, value in call.headers.items()}
    stamp = datetime.fromisoformat(own["x-acs-date"])
    arrived = Request(method, f"http://{own['host']}{call.path}", own, call.body, "id", "s", stamp, own["x-acs-signature-nonce"])
    assert signed("aliyun", arrived)["Authorization"] == own["authorization"]


def test_an_answer_may_be_looked_at_deep_inside(small_house: House, receiver: Receiver) -> None:
    allow(small_house, receiver)

    def says(code: str) -> None:
        text = json.dumps({"Response": {"SendStatusSet": [{"Code": code}]}}).encode()

        def answer(handler: object) -> None:
            handler.send_response(200)  # type: ignore[attr-defined]
            handler.send_header("Content-Length", str(len(text)))  # type: ignore[attr-defined]
            handler.end_headers()  # type: ignore[attr-defined]
            handler.wfile.write(text)  # type: ignore[attr-defined]

        receiver.answers.append(answer)

    gateway = sms.Gateway(url=receiver.url, body={"to": "{to}", "text": "{text}"}, taken={"Response/SendStatusSet/0/Code": "Ok"})
    says("Ok")
    sms.call(small_house.workspace, gateway, "1", "x", "a")
    says("LimitExceeded")
    with pytest.raises(Trouble, match="LimitExceeded"):
        sms.call(small_house.workspace, gateway, "1", "x", "b")
