"""What a handler tells: its ids on every line, an error once, nothing that people wrote."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.functions import LambdaContext
from msp_billing.domain.base import Frozen
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.observing import Measure, about, count, done, handlers, observed
from msp_billing.observing.logs import logger_of
from msp_billing.usecases.context import BatchRequest
from msp_billing.usecases.errors import CompletenessGapError, UnknownProviderError
from tests.unit.observing.lines import logged, points, values

STACK = "a-stack"
CONTEXT: Any = LambdaContext("a-stack-BuildInvoices", 512, "request-1")
EVENT = {
    "provider": "birch",
    "run": "managed",
    "period": "2026-09",
    "owner": "arn:aws:states:us-east-1:1:execution:billing:birch_managed_2026-09",
    "batch": 3,
    "key": "birch/managed/2026-09/batch-3",
    "sha256": "0" * 64,
    "accounts": ["cedar"],
}

Work = Callable[[], Any]


class Counted(Frozen):
    """A result with something to tell and something to keep."""

    invoices: int = 2
    outcome: str = "started"
    account_name: str = "Cedar Dental"
    asked: tuple[str, ...] = ("boss@birch.example",)
    problems: tuple[Problem, ...] = (Problem(code="no-price", what="Ann's laptop", fix="-"),)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Work], dict[str, Any]]]:
    """Calls a handler of one batch, in which something is done."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", STACK)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED", raising=False)
    package = logging.getLogger("msp_billing")
    before = (list(package.handlers), package.level, package.propagate)
    logger_of.cache_clear()

    def calling(work: Work) -> dict[str, Any]:
        @observed
        def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
            about(BatchRequest.model_validate(event))
            return done(work() or Counted())

        return handler(EVENT, CONTEXT)

    yield calling
    package.handlers[:], package.level, package.propagate = before
    logger_of.cache_clear()
    stack = logging.getLogger(STACK)  # Powertools marks what it has set up, streams included
    stack.handlers.clear()
    for mark in ("init", "powertools_handler"):
        vars(stack).pop(mark, None)


def failing(error: Exception) -> Work:
    def work() -> Any:
        raise error

    return work


def test_every_line_has_the_ids_of_the_call(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        logging.getLogger("msp_billing.usecases.build_invoices").warning("%s is odd", "cedar")

    assert call(work) == Counted().model_dump(mode="json")
    lines = logged(capsys.readouterr().out)
    assert [line["message"] for line in lines] == ["cedar is odd", "done"]
    for line in lines:
        assert line["service"] == STACK
        assert line["function_name"] == "a-stack-BuildInvoices"
        told = {name: line[name] for name in ("provider", "run", "period", "batch", "cycle")}
        assert told == {
            "provider": "birch",
            "run": "managed",
            "period": "2026-09",
            "batch": 3,
            "cycle": "birch_managed_2026-09",
        }
        assert line["execution"] == EVENT["owner"]


def test_a_result_tells_numbers_states_and_codes_but_no_words_of_people(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    call(lambda: None)
    written = capsys.readouterr().out
    (line,) = logged(written)
    assert line["result"] == {
        "invoices": 2,
        "outcome": "started",
        "asked": 1,
        "problems": ["no-price:"],
    }
    for hidden in ("Cedar Dental", "boss@", "Ann"):
        assert hidden not in written


def test_ids_of_one_call_are_not_on_the_next(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    call(lambda: None)
    capsys.readouterr()

    @observed
    def other(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return done(Counted())

    other({}, CONTEXT)
    (line,) = logged(capsys.readouterr().out)
    assert "provider" not in line
    assert "cycle" not in line


def test_an_error_is_logged_once_with_its_ids_and_goes_on(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnknownProviderError):
        call(failing(UnknownProviderError("birch was never applied")))
    written = capsys.readouterr()
    (line,) = logged(written.out)
    assert (line["level"], line["cycle"]) == ("ERROR", "birch_managed_2026-09")
    assert line["error"]["class"] == "UnknownProviderError"
    assert line["error"]["why"] == "birch was never applied"
    assert line["error"]["stack"][-1].endswith(" work")
    assert "Traceback" not in written.out + written.err
    assert values(written.out, "HandlersFailed", service=STACK) == [1.0]
    assert values(written.out, "HandlersFailed", service=STACK, provider="birch") == [1.0]


def throttled() -> ClientError:
    return ClientError(
        {"Error": {"Code": "Throttling", "Message": "ann@cedar.example waits"}}, "SendEmail"
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (throttled(), "SendEmail: Throttling"),
        (ProblemsError((Problem(code="cut-off", what="line 'Ann Oak'", fix="-"),)), "cut-off"),
        (ValueError("Ann Oak, 12 Elm Street"), ""),
        (CompletenessGapError("1 gaps, ask ann@cedar.example"), "1 gaps, ask (address)"),
    ],
)
def test_what_people_wrote_stays_out_of_errors(
    call: Callable[[Work], dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    why: str,
) -> None:
    with pytest.raises(type(error)):
        call(failing(error))
    written = capsys.readouterr().out
    (line,) = logged(written)
    assert line["error"]["why"] == why
    assert "Ann Oak" not in written
    assert "ann@" not in written


def test_a_value_that_pydantic_dislikes_is_not_quoted(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        BatchRequest.model_validate({**EVENT, "provider": "Ann Oak"})

    with pytest.raises(ValueError, match="Ann Oak"):
        call(work)
    written = capsys.readouterr().out
    assert "string_pattern_mismatch" in written
    assert "Ann Oak" not in written


def test_metrics_are_for_the_stack_and_for_the_provider(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        for _ in range(150):  # more than a line of the format bears, one by one
            count(Measure("MailsSent"))
        count(Measure("InvoicesIssued", 4, run=True))

    call(work)
    written = capsys.readouterr().out
    assert {point.namespace for point in points(written)} == {"MspBilling"}
    assert values(written, "MailsSent", service=STACK) == [150.0]
    assert values(written, "MailsSent", service=STACK, provider="birch") == [150.0]
    by_run = {"service": STACK, "provider": "birch", "run": "managed"}
    assert values(written, "InvoicesIssued", **by_run) == [4.0]
    assert values(written, "InvoicesIssued", service=STACK, provider="birch") == []
    (line,) = (json.loads(e) for e in written.splitlines() if "InvoicesIssued" in e)
    assert line["cycle"] == "birch_managed_2026-09"


def test_what_is_counted_before_an_error_is_written_all_the_same(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        count(Measure("MailsSent"))
        raise CompletenessGapError("1 gaps")

    with pytest.raises(CompletenessGapError):
        call(work)
    written = capsys.readouterr().out
    assert values(written, "MailsSent", service=STACK) == [1.0]
    assert values(written, "CompletenessGaps", service=STACK) == [1.0]


def test_nothing_is_counted_outside_of_a_handler(capsys: pytest.CaptureFixture[str]) -> None:
    count(Measure("MailsSent"))
    assert capsys.readouterr().out == ""


def test_telling_that_goes_wrong_stops_nothing(
    call: Callable[[Work], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("no room")

    for name in ("keys_of", "told_of"):
        monkeypatch.setattr(handlers, name, broken)
    monkeypatch.setattr("msp_billing.observing.metrics.EphemeralMetrics", broken)
    assert call(lambda: count(Measure("MailsSent"))) == Counted().model_dump(mode="json")
    lines = logged(capsys.readouterr().out)
    assert [line["message"] for line in lines] == ["observing failed"] * 3


def test_a_measure_that_goes_wrong_leaves_the_answer(
    call: Callable[[Work], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    @observed
    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return done(Counted(), lambda result: [Measure("A", int(result.outcome))])

    assert handler({}, CONTEXT) == Counted().model_dump(mode="json")
    assert call is not None
    assert "observing failed" in capsys.readouterr().out
