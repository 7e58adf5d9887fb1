"""HTTP requests reach the function of their route, as API Gateway would hand them over."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from local_cloud import LocalCloud

JSON = {"Content-Type": "application/json"}


def echoed(cloud: LocalCloud, method: str, path: str, **more: Any) -> dict[str, Any]:
    response = cloud.http(method, path, **{"principal": "clerk", **more})
    assert response.status == 200, response.text
    event: dict[str, Any] = response.json()
    return event


def test_a_request_arrives_as_an_event_of_version_2(cloud: LocalCloud) -> None:
    event = echoed(
        cloud,
        "post",
        "/things/a%20b/c",
        body=b'{"x": 1}',
        headers={**JSON, "X-Who": "me"},
        query={"why": "a & b"},
    )
    assert (event["version"], event["routeKey"]) == ("2.0", "ANY /things/{proxy+}")
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/things/a b/c"
    assert event["rawQueryString"] == "why=a+%26+b"
    assert event["queryStringParameters"] == {"why": "a & b"}
    assert event["pathParameters"] == {"proxy": "a b/c"}
    assert event["headers"]["x-who"] == "me"
    assert (event["body"], event["isBase64Encoded"]) == ('{"x": 1}', False)
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["timeEpoch"] == int(cloud.clock.now().timestamp() * 1000)


def test_a_body_that_is_no_text_comes_in_base64(cloud: LocalCloud) -> None:
    headers = {"content-type": "application/octet-stream"}
    event = echoed(cloud, "POST", "/open/front", body=b"\x00\xff", headers=headers)
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == b"\x00\xff"


def test_the_more_specific_route_wins(cloud: LocalCloud) -> None:
    event = echoed(cloud, "GET", "/things/red/first")
    assert event["routeKey"] == "GET /things/{kind}/first"
    assert event["pathParameters"] == {"kind": "red"}
    assert echoed(cloud, "PUT", "/things/red/first")["routeKey"] == "ANY /things/{proxy+}"


def test_a_whole_link_works_like_its_path(cloud: LocalCloud) -> None:
    event = echoed(cloud, "GET", "https://api.example/things/x?key=1&key=2")
    assert event["queryStringParameters"] == {"key": "1,2"}


def test_who_signed_the_request_is_in_its_context(cloud: LocalCloud) -> None:
    event = echoed(cloud, "GET", "/things/x", principal="clerk")
    iam = event["requestContext"]["authorizer"]["iam"]
    assert iam["userArn"] == "arn:aws:iam::123456789012:user/clerk"
    role = "arn:aws:sts::123456789012:assumed-role/billing/clerk"
    event = echoed(cloud, "GET", "/things/x", principal=role)
    assert event["requestContext"]["authorizer"]["iam"]["userArn"] == role


def test_a_route_with_iam_refuses_who_did_not_sign(cloud: LocalCloud) -> None:
    response = cloud.http("GET", "/things/x")
    assert (response.status, response.json()) == (403, {"message": "Forbidden"})


def test_a_route_without_authorizer_is_open_and_names_nobody(cloud: LocalCloud) -> None:
    response = cloud.http("POST", "/open/front")
    assert response.status == 200
    assert "authorizer" not in response.json()["requestContext"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/open/front"), ("POST", "/open/front/door")]
)
def test_what_no_route_takes_is_not_found(cloud: LocalCloud, method: str, path: str) -> None:
    assert cloud.http(method, path, principal="clerk").status == 404


def test_a_request_that_is_too_large_is_refused(cloud: LocalCloud) -> None:
    assert cloud.http("POST", "/open/front", body=b"x" * (10 * 1024 * 1024 + 1)).status == 413


def test_an_error_of_the_function_is_not_told(cloud: LocalCloud) -> None:
    response = cloud.http("POST", "/open/front", query={"answer": "error"})
    assert (response.status, response.json()) == (500, {"message": "Internal Server Error"})


def test_a_value_without_status_is_the_body(cloud: LocalCloud) -> None:
    response = cloud.http("POST", "/open/front", query={"answer": "plain"})
    assert (response.status, response.json()) == (200, {"plain": True})


def test_bytes_and_cookies_come_back(cloud: LocalCloud) -> None:
    response = cloud.http("POST", "/open/front", query={"answer": "bytes"})
    assert (response.status, response.body, response.cookies) == (201, b"\x00\xff", ("a=b",))


def test_headers_of_the_answer_are_in_lower_case(cloud: LocalCloud) -> None:
    assert cloud.http("POST", "/open/front").headers["x-number"] == "1"
