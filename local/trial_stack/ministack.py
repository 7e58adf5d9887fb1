"""AWS on this machine: ministack as a process on the loopback interface, while a trial runs.

It speaks HTTPS, because the buckets' policies refuse anything else, and checks permissions as AWS
does: what a function's role does not allow is refused.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
REGION = "us-east-1"
ROOT_KEYS = {"AWS_ACCESS_KEY_ID": "trial", "AWS_SECRET_ACCESS_KEY": "trial"}
_MENDED = Path(__file__).with_name("mended_ministack.py")
_READY_WITHIN = 60.0
_ENDS_WITHIN = 10.0


class MinistackError(RuntimeError):
    """Ministack did not start; the message has the end of its log."""


@dataclass(frozen=True)
class Ministack:
    """A ministack that runs."""

    url: str
    certificate: Path
    """Its own, which nobody else has signed."""
    process: int
    """Its number, and that of the group in which all that it starts is."""

    @property
    def variables(self) -> dict[str, str]:
        """By these, AWS's own tools find it, and nothing of the user's AWS."""
        return {
            **ROOT_KEYS,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": str(self.certificate),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def messages(self) -> list[dict[str, Any]]:
        """Every mail that its SES has taken: ``MessageId``, ``To``, ``Subject`` and more."""
        told = self._get("/_ministack/ses/messages")
        return [message for messages in told["messages"].values() for message in messages]

    def is_ready(self) -> bool:
        """Whether it answers."""
        if not self.certificate.is_file():
            return False
        try:
            self._get("/_ministack/health")
        except OSError:
            return False
        return True

    def _get(self, path: str) -> Any:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        with opener.open(f"{self.url}{path}", timeout=10) as answer:
            return json.load(answer)


@contextmanager
def running(python: Path, folder: Path, assets: Path, *, keep: bool = False) -> Iterator[Ministack]:
    """Run ministack on a free port, mended (see ``mended_ministack``).

    Whatever it writes is below the folder, and it ends with everything that it has started.

    Args:
        python: of an environment of its own, which has ministack.
        folder: for its files and its log, ``ministack.log``.
        assets: where templates and fonts are. On AWS a layer has them below /opt; ministack unpacks
            layers elsewhere.
        keep: let it run on afterwards, also when the trial fails.
    """
    if shutil.which("openssl") is None:
        raise MinistackError(
            "ministack makes its certificate with openssl, which is not installed."
        )
    port = _free_port()
    log = folder / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the Python of an environment of ours
            [str(python), "-P", str(_MENDED)],
            env=_environment(port, folder, assets),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, with Lambda's workers in it
        )
    certificate = folder / "ministack" / "ministack-tls" / "server.crt"
    started = Ministack(f"https://{HOST}:{port}", certificate, process.pid)
    ready = False
    try:
        _wait_until_ready(process, started, log)
        ready = True
        yield started
    finally:
        if not (keep and ready):
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _environment(port: int, folder: Path, assets: Path) -> Mapping[str, str]:
    """What ministack sees; its workers inherit it. Nothing of the user's AWS."""
    files = folder / "ministack"
    files.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"):
        kept.pop(name, None)  # workers have their layers, and nothing of this repository
    return {
        **kept,
        **ROOT_KEYS,
        "AUTH": "true",
        "USE_SSL": "1",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "3600",  # each start of a worker unpacks its layers
        "STATE_DIR": str(files / "state"),
        "S3_DATA_DIR": str(files / "s3"),
        "TMPDIR": str(files),
        "ASSETS_DIRECTORY": str(assets),
    }


def _wait_until_ready(process: subprocess.Popen[bytes], started: Ministack, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if started.is_ready():
            return
        time.sleep(0.2)
    said = log.read_text("utf-8", "replace")[-2000:]
    raise MinistackError(f"ministack did not start within {_READY_WITHIN:.0f} seconds:\n{said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group, politely first. A worker that outlives ministack goes with the group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
