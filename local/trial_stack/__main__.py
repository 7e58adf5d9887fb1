"""``python -m trial_stack``: try the whole system out on a deployed stack, and compare."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from mspbill import environment
from mspbill.repository import repository_root
from mspbill.stack_names import SourceError
from trial_stack import ministack
from trial_stack.comparing import compare, print_comparison
from trial_stack.deployed import open_deployed, refuse_a_stack_that_bills
from trial_stack.deploying import Sam, SamError
from trial_stack.findings import Findings
from trial_stack.in_process import open_in_process
from trial_stack.ses_stand_in import verify_sender
from trial_stack.stages import StageError
from trial_stack.story import START_AT, play
from trial_stack.teardown import take_away

_PROVIDER = Path(__file__).with_name("provider")
_SENDER = "billing@trial-msp.example"
_PARAMETERS = {"TrialClock": "on", "RecordsRetentionDays": "1"}

_CONSOLE = Console(highlight=False, soft_wrap=True)
_STARTED = time.monotonic()


def tell(what: str) -> None:
    """Say what is done next, and how many seconds have passed."""
    _CONSOLE.print(f"{time.monotonic() - _STARTED:6.1f} s  {what}", markup=False)


def main() -> int:
    """Run the trial. 0 when both sides are equal, 1 when they differ or something failed."""
    options = _options()
    if options.in_process is not None:
        return _play_in_process(options.directory, options.in_process)
    signal.signal(signal.SIGTERM, _interrupted)
    folder = Path(tempfile.mkdtemp(prefix="msp-billing-trial-"))
    try:
        equal = _try_out(options, folder)
    except (ministack.MinistackError, SamError, SourceError, StageError) as error:
        _CONSOLE.print(str(error), markup=False)
        return 1
    except KeyboardInterrupt:
        _CONSOLE.print("Interrupted.", markup=False)
        return 130
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if equal else 1


def _options() -> argparse.Namespace:
    root = repository_root()
    parser = argparse.ArgumentParser(prog="python -m trial_stack", description=__doc__)
    add = parser.add_argument
    add("--sam", type=_program, default=root / ".venv-sam/bin/sam", help="the SAM command line")
    add(
        "--ministack",
        type=_program,
        default=root / ".venv-ministack/bin/python",
        help="the Python of the environment that has ministack",
    )
    add("--profile", help="of your AWS configuration: try it out on AWS, not on this machine")
    add("--region", help="of AWS; the profile's, if left out")
    add("--sender", default=_SENDER, help="on AWS: an address that SES may send from")
    add("--stack", default="msp-billing-trial", help="the name of the stack")
    add("--keep", action="store_true", help="leave the stack, and ministack, for a look")
    add("--in-process", type=Path, help=argparse.SUPPRESS)
    add("--directory", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.profile and options.sender == _SENDER:
        parser.error("on AWS, --sender must be an address that SES may send from")
    return options


def _program(name: str) -> Path:
    """Where it is, from every folder. Links stay: by its place a Python knows its environment."""
    program = Path(name).absolute()
    if not program.exists():
        raise argparse.ArgumentTypeError(f"{program} is not there; `make deploy-local` installs it")
    return program


def _interrupted(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _try_out(options: argparse.Namespace, folder: Path) -> bool:
    directory = folder / "provider"
    shutil.copytree(_PROVIDER, directory)
    policy = directory / "provider.yaml"
    policy.write_text(policy.read_text("utf-8").replace(_SENDER, options.sender), "utf-8")
    with ExitStack() as stack:
        in_process = stack.enter_context(_playing_in_process(directory, folder))
        deployed = _play_deployed(options, directory, folder)
        tell("compare with the local cloud")
        found = in_process.result()
    comparison = compare(json.loads(json.dumps(deployed)), found)
    print_comparison(comparison, _CONSOLE)
    return comparison.equal


# --- On the stack --------------------------------------------------------------------------------


def _play_deployed(options: argparse.Namespace, directory: Path, folder: Path) -> Findings:
    with ExitStack() as stack:
        played_by = None
        if options.profile is None:
            tell("start ministack")
            assets = repository_root() / "layers" / "rendering"
            played_by = stack.enter_context(
                ministack.running(options.ministack, folder, assets, keep=options.keep)
            )
            variables = played_by.variables
            stack.enter_context(environment.away_from_aws())
        else:
            variables = {"AWS_PROFILE": options.profile}
            if options.region:
                variables |= {"AWS_REGION": options.region, "AWS_DEFAULT_REGION": options.region}
        stack.enter_context(environment.variables(variables))
        refuse_a_stack_that_bills(options.stack)
        if not options.keep:
            stack.callback(_take_away, options.stack)
        sam = Sam(options.sam, folder, variables)
        tell("sam build")
        sam.build(None if played_by is None else options.ministack)
        tell("sam deploy")
        sam.deploy(options.stack, _PARAMETERS)
        if played_by is not None:
            verify_sender(options.sender)
        if options.keep:
            stack.callback(_say_what_is_kept, options.stack, variables, folder, played_by)
        with open_deployed(options.stack, played_by) as stage:
            return play(stage, directory, tell)


def _take_away(stack: str) -> None:
    tell("take the stack away")
    if not take_away(stack, tell):
        tell("Objects may be locked for a day. What is left can be deleted by hand after that.")


def _say_what_is_kept(
    stack: str, variables: dict[str, str], folder: Path, played_by: ministack.Ministack | None
) -> None:
    lines = [f"The stack {stack} is kept, its files are in {folder}."]
    lines += ["To look at it, in a terminal of its own:", ""]
    lines += [f"  export {name}={value}" for name, value in variables.items()]
    lines += [f"  .venv/bin/mspbill account birch-bakery --stack {stack}", ""]
    if played_by is None:
        lines += ["To take it away, call the same without --keep."]
    else:  # its process leads a group, in which Lambda's workers are
        lines += ["To end it, and remove its files:", ""]
        lines += [f"  kill -- -{played_by.process}; sleep 2; rm -r {folder}"]
    _CONSOLE.print("\n".join(lines), markup=False)


# --- In this process's place ---------------------------------------------------------------------


class _InProcess:
    """The same story in a process of its own, while the stack is built."""

    def __init__(self, process: subprocess.Popen[bytes], found: Path, log: Path) -> None:
        self._process = process
        self._found = found
        self._log = log

    def result(self) -> Findings:
        """What it has left. Raises StageError when it failed."""
        if self._process.wait() != 0:
            said = self._log.read_text("utf-8", "replace")[-3000:]
            raise StageError(f"The trial in the local cloud failed:\n{said}")
        found: Findings = json.loads(self._found.read_text("utf-8"))
        return found


@contextmanager
def _playing_in_process(directory: Path, folder: Path) -> Iterator[_InProcess]:
    found, log = folder / "in-process.json", folder / "in-process.log"
    told = ["--directory", str(directory), "--in-process", str(found)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "trial_stack", *told],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _InProcess(process, found, log)
    finally:
        process.terminate()
        process.wait()


def _play_in_process(directory: Path, found: Path) -> int:
    with open_in_process(START_AT) as stage:
        left = play(stage, directory, tell)
    found.write_text(json.dumps(left), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
