"""``sam build`` and ``sam deploy``, as a person calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mspbill.repository import repository_root


class SamError(RuntimeError):
    """SAM failed; the message has the end of what it said."""


@dataclass(frozen=True)
class Sam:
    """The SAM command line, and where it leaves its files."""

    program: Path
    folder: Path
    environment: Mapping[str, str]
    """The variables that lead to AWS, or to what plays it."""

    @property
    def built(self) -> Path:
        """Where `build` leaves functions and layers."""
        return self.folder / "built"

    def build(self, host_python: Path | None = None) -> None:
        """Build functions and layers.

        Args:
            host_python: build the layers for this Python; for AWS if left out.
        """
        variables = {}
        if host_python is not None:
            pip = f"{sys.executable} -m pip --python {host_python}"
            variables = {"TARGET": "host", "PIP": pip}
        root = repository_root()
        self._call(
            "build",
            "--template-file",
            str(root / "template.yaml"),
            "--base-dir",
            str(root),
            "--build-dir",
            str(self.built),
            "--no-cached",
            "--parallel",
            **variables,
        )

    def deploy(self, stack: str, parameters: Mapping[str, str]) -> None:
        """Deploy what was built, and wait until it stands."""
        self._call(
            "deploy",
            "--template-file",
            str(self.built / "template.yaml"),
            "--stack-name",
            stack,
            "--resolve-s3",
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--tags",
            "application=msp-billing-trial",
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in parameters.items()),
        )

    def _call(self, command: str, *arguments: str, **variables: str) -> None:
        settings = self.folder / "samconfig.toml"  # the project's own are for stacks that bill
        settings.write_text("version = 0.1\n", "utf-8")
        log = self.folder / f"sam-{command}.log"
        with log.open("wb") as output:
            done = subprocess.run(  # noqa: S603 - the program that the Makefile has installed
                [str(self.program), command, "--config-file", str(settings), *arguments],
                cwd=self.folder,
                env={**os.environ, **self.environment, "SAM_CLI_TELEMETRY": "0", **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            said = log.read_text("utf-8", "replace")[-4000:]
            raise SamError(f"sam {command} failed:\n{said}")
