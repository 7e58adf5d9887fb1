"""Where commands about accounts read: a deployed stack, what a demo left, or the variables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local_cloud.template import Template
from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.periods import Period
from mspbill import environment
from mspbill.billing_run import LocalBilling
from mspbill.command_values import Source
from mspbill.opening import SourceError, opened
from mspbill.repository import repository_root
from mspbill.saved_state import save_state
from mspbill.stack_names import HTTP_API, RESOURCES, stack_names, variables_of
from tests.mspbill.conftest import Mspbill
from tests.mspbill.small_provider import write_provider

START_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is left of a provider with three accounts, none of which was billed."""
    root = tmp_path_factory.mktemp("left")
    directory = load_provider_directory(write_provider(root / "pinewood"))
    with LocalBilling(START_AT) as billing:
        billing.load(directory, Period(year=2026, month=12))
        save_state(billing, "pinewood", root / "out" / "state")
    return root / "out"


@pytest.fixture
def cloudformation() -> Iterator[Any]:
    with environment.away_from_aws(), mock_aws():
        yield boto3.client("cloudformation")


def test_questions_are_answered_by_what_a_demo_left(state: Path, mspbill: Mspbill) -> None:
    for folder in (state, state / "state"):
        answer = mspbill("account", "harbor", "--state", folder, "--json")
        assert answer.exit_code == 0
        told = json.loads(answer.stdout)
        assert (told["account_name"], told["state"]) == ("Harbor <b>& Co</b>", "good_standing")
        assert told["at"] == "2026-11-30T12:00:00Z"
    assert "Harbor <b>& Co</b> (harbor)" in mspbill("account", "harbor", "--state", state).stdout
    assert "3 ledgers with 0 entries fit." in mspbill("verify-ledger", "--state", state).stdout
    assert mspbill("may", "harbor", "buy", "--state", state).exit_code == 0
    assert "Nobody owes anything." in mspbill("aging", "--state", state).stdout


@pytest.mark.rule("MSA-05")
def test_a_final_statement_says_what_is_left_to_do(state: Path, mspbill: Mspbill) -> None:
    answer = mspbill("statement", "harbor", "--final", "--state", state)
    assert answer.exit_code == 4
    assert "Final statement" in answer.stdout
    assert "Agreement managed has no end" in answer.stdout
    told = json.loads(mspbill("statement", "harbor", "--final", "--state", state, "--json").stdout)
    assert told["settled"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        ("pay", "harbor", "10", "--method", "check", "--reference", "1", "--by", "pat"),
        ("return", "clerk:1", "--code", "R01", "--why", "x", "--by", "pat"),
        ("assign", "bank:1", "--account", "harbor", "--by", "pat"),
        ("dismiss", "bank:1", "--by", "pat", "--why", "x"),
        ("refund", "harbor", "--name", "r", "--method", "wire", "--by", "pat", "--why", "x"),
        ("write-off", "request", "harbor", "PW-1", "--name", "w", "--by", "pat", "--why", "x"),
        ("write-off", "approve", "harbor", "w", "--by", "pat", "--why", "x"),
        ("write-off", "reject", "harbor", "w", "--by", "pat", "--why", "x"),
        ("promise", "harbor", "--until", "2026-12-31", "--by", "pat", "--why", "x"),
        ("dispute", "harbor", "--until", "2026-12-31", "--by", "pat", "--why", "x"),
        ("end-pause", "harbor", "p", "--how", "settled", "--by", "pat", "--why", "x"),
        ("override-notice", "harbor", "notice", "--by", "pat", "--why", "x"),
        ("release", "approve", "harbor", "--role", "r", "--by", "pat", "--why", "x"),
        ("release", "reject", "harbor", "--by", "pat", "--why", "x"),
        ("release", "ask-again", "harbor", "--by", "pat"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_what_a_demo_left_is_never_changed(
    state: Path, mspbill: Mspbill, arguments: tuple[str, ...]
) -> None:
    answer = mspbill(*arguments, "--state", state)
    assert answer.exit_code == 2
    assert "can be looked at, not changed" in " ".join(answer.output.split())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("provider", "list"), 0),
        (("provider", "show"), 0),
        (("cycle", "list"), 0),
        (("cycle", "show", "monthly", "2026-12"), 0),
        (("payment", "list"), 0),
        (("payment", "list", "--waiting"), 0),
        (("write-off", "list"), 0),
        (("hold", "show", "harbor"), 2),
        (("outbox", "list"), 0),
        (("contact", "list"), 0),
        (("verify",), 0),
        (("migrate", "--dry-run"), 0),
        (("feeds", "list"), 2),
        (("exceptions",), 2),
    ],
    ids=lambda entry: " ".join(entry) if isinstance(entry, tuple) else str(entry),
)
def test_whatever_only_looks_answers_of_what_a_demo_left(
    state: Path, mspbill: Mspbill, arguments: tuple[str, ...], code: int
) -> None:
    answer = mspbill(*arguments, "--state", state)
    assert answer.exit_code == code, answer.output
    assert json.loads(mspbill(*arguments, "--state", state, "--json").stdout) is not None


def test_what_only_a_stack_has_is_refused_by_its_name(
    state: Path, mspbill: Mspbill, tmp_path: Path
) -> None:
    directory = write_provider(tmp_path / "pinewood")
    answer = mspbill("provider", "plan", directory, "--state", state)
    assert answer.exit_code == 2
    told = " ".join(answer.output.split())
    assert "This needs SCHEDULE_GROUP, which only a deployed stack has: give --stack." in told


def test_a_bank_file_is_not_taken_into_what_a_demo_left(
    state: Path, mspbill: Mspbill, tmp_path: Path
) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("x")
    answer = mspbill("import-payments", file, "--state", state, "--json")
    assert answer.exit_code == 2
    assert json.loads(answer.stdout)["ok"] is False


def test_it_has_to_be_said_where_to_read(
    mspbill: Mspbill, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TABLE_NAME", raising=False)
    answer = mspbill("account", "harbor")
    assert answer.exit_code == 2
    told = " ".join(answer.output.split())
    assert "--stack NAME for a deployed stack, or --state FOLDER" in told
    both = mspbill("account", "harbor", "--stack", "x", "--state", tmp_path)
    assert "Give either --stack or --state." in both.output
    none = mspbill("account", "harbor", "--state", tmp_path)
    assert "holds no saved state" in " ".join(none.output.split())


def test_an_unknown_provider_is_told_which_there_are(state: Path, mspbill: Mspbill) -> None:
    answer = mspbill("account", "harbor", "--state", state, "--provider", "oakwood")
    assert answer.exit_code == 2
    told = " ".join(answer.output.split())
    assert "There is no provider 'oakwood' here, but pinewood." in told


def test_the_variables_are_used_where_they_are_set(tmp_path: Path) -> None:
    directory = load_provider_directory(write_provider(tmp_path / "pinewood"))
    with LocalBilling(START_AT) as billing:
        billing.load(directory, Period(year=2026, month=12))
        with opened(Source(), changes=True) as found:
            assert found.provider == "pinewood"
            assert found.account("birch").name == "Birch Dental"
            with pytest.raises(SourceError, match="Did you mean harbor"):
                found.account("habor")


# --- A deployed stack ----------------------------------------------------------------------------


def test_every_resource_that_is_looked_for_is_in_the_template() -> None:
    template = Template.read(repository_root() / "template.yaml", {})
    known = {resource.logical_id: resource.kind for resource in template.resources()}
    for variable, resource in RESOURCES.items():
        assert resource in known, f"{variable}: the template has no {resource}"
    assert known[HTTP_API] == "AWS::ApiGatewayV2::Api"


def test_every_variable_is_one_that_a_function_has() -> None:
    text = (repository_root() / "template.yaml").read_text("utf-8")
    for variable in (*RESOURCES, "PAYMENTS_API_URL"):
        assert f"{variable}:" in text


def test_a_stack_is_opened_by_the_names_of_its_resources(cloudformation: Any) -> None:
    made = {
        "Resources": {
            "BillingTable": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                },
            },
            "RecordsBucket": {"Type": "AWS::S3::Bucket"},
        }
    }
    cloudformation.create_stack(StackName="billing", TemplateBody=json.dumps(made))
    values = variables_of(stack_names("billing"))
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    buckets = [entry["Name"] for entry in boto3.client("s3").list_buckets()["Buckets"]]
    assert [values["TABLE_NAME"]] == tables
    assert [values["RECORDS_BUCKET"]] == buckets


def test_who_has_not_said_where_aws_is_reads_how(monkeypatch: pytest.MonkeyPatch) -> None:
    with environment.away_from_aws():
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        monkeypatch.delenv("AWS_REGION")
        with pytest.raises(SourceError, match=r"no region is set\. Set AWS_REGION, or AWS_PROFILE"):
            stack_names("billing")


def test_a_stack_that_is_none_of_ours_is_refused(cloudformation: Any) -> None:
    with pytest.raises(SourceError, match="The stack nobody cannot be looked at"):
        stack_names("nobody")
    made = {"Resources": {"RecordsBucket": {"Type": "AWS::S3::Bucket"}}}
    cloudformation.create_stack(StackName="other", TemplateBody=json.dumps(made))
    with pytest.raises(SourceError, match="not one of msp-billing: it has no BillingTable"):
        stack_names("other")
