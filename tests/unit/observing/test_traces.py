"""Traces: the tracer costs only calls that are sampled, and keeps no text of an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

_CALL = """
import json, os, socket, sys

daemon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
daemon.bind(("127.0.0.1", 0))
daemon.settimeout(0.2)
os.environ["AWS_XRAY_DAEMON_ADDRESS"] = "%s:%d" % daemon.getsockname()

from local_cloud.functions import LambdaContext
from msp_billing.observing import about, observed
from msp_billing.usecases.context import CycleRequest

@observed
def handler(event, context):
    about(CycleRequest.model_validate(event))
    if event["run"] == "broken":
        raise ValueError("Ann Oak, 12 Elm Street")
    return {}

event = {"provider": "birch", "run": sys.argv[1], "period": "2026-09", "owner": "x"}
try:
    handler(event, LambdaContext("f", 512, "r"))
except ValueError:
    pass
sent = []
try:
    while True:
        sent.append(json.loads(daemon.recv(65536).split(b"\\n", 1)[1]))
except TimeoutError:
    print(json.dumps({"loaded": "aws_xray_sdk" in sys.modules, "sent": sent}))
"""
_ROOT = "1-5759e988-bd862e3fe1be46a994272793"


def call(run: str, *, sampled: bool) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the tracer was loaded by a call in a process of its own, and what it sent."""
    environment = {
        **os.environ,
        "LAMBDA_TASK_ROOT": "/var/task",
        "POWERTOOLS_SERVICE_NAME": "a-stack",
        "_X_AMZN_TRACE_ID": f"Root={_ROOT};Parent=53995c3f42cd8ad8;Sampled={int(sampled)}",
    }
    command = [sys.executable, "-c", _CALL, run]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["loaded"], told["sent"]


def test_a_call_that_is_not_sampled_does_not_load_the_tracer() -> None:
    assert call("managed", sampled=False) == (False, [])


def test_a_sampled_call_is_found_by_provider_and_cycle() -> None:
    loaded, (part,) = call("managed", sampled=True)
    assert loaded
    assert part["trace_id"] == _ROOT
    assert part["annotations"] == {"provider": "birch", "cycle": "birch_managed_2026-09"}
    assert "fault" not in part


def test_a_call_that_fails_is_marked_without_the_text_of_its_error() -> None:
    _, (part,) = call("broken", sampled=True)
    assert part["fault"] is True
    assert "Ann Oak" not in json.dumps(part)
