"""What is wrong with a table that PowerShell or a vendor wrote, and with what a feed says of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.adapters.feeds.ad_names import organizational_units
from msp_billing.domain.feeds.definitions import FeedRow
from tests.unit.adapters.feeds.reading import (
    DATE_FORMAT,
    definition,
    only_problem,
    problems,
    read,
    rows,
    sample,
)

HEADER = "DistinguishedName,Enabled,Name,ObjectGUID,whenCreated\n"
GOOD = '"CN=A,OU=Active Users,DC=x",True,A,g-1,11/23/2025 1:00:00 AM\n'
AD: dict[str, Any] = {"date_format": DATE_FORMAT, "columns": {"online_on": "whenCreated"}}


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("CN=A,OU=Sales,OU=Acme,DC=x,DC=y", ("Sales", "Acme")),
        (r"CN=Berg\, Ann,OU=R\26D\, Labs,DC=x", ("R&D, Labs",)),
        (r"CN=A,OU=Z\C3\BCrich \2B \"x\",DC=x", ('Zürich + "x"',)),
        (r"CN=A,ou=Trailing\ ,DC=x", ("Trailing",)),
        (r"CN=A\0ACNF:1b2c,CN=Users,DC=x", ()),
        ("", None),
        ("A", None),
        ("CN=A", None),
        ("CN=A,Sales,DC=x", None),
        ("CN=A,OU=half\\", None),
        (r"CN=A,OU=\FF,DC=x", None),
    ],
)
def test_the_units_of_a_distinguished_name_are_read_with_their_escapes(name, units):
    assert organizational_units(name) == units


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        ("Ann,True,Ann,g-2,", "feed-ou", "'Ann' in the column 'DistinguishedName'"),
        (",True,Ann,g-2,", "feed-ou", "no distinguished name"),
        ('"CN=A,DC=x",,Ann,g-2,', "feed-value", "The column 'Enabled' is empty, not True or False"),
        ('"CN=A,DC=x",Yes,Ann,g-2,', "feed-value", "'Yes', not True or False"),
        ('"CN=A,DC=x",True,Ann,g-2,23.11.2025', "feed-date", f"is no date of {DATE_FORMAT}"),
        ('"CN=A,DC=x",True,Ann,g-2,23/11/2025 1:00:00 AM', "feed-date", "is no date of"),
        ('"CN=A,DC=x",True,Ann,g-2,12/31/1600 7:00:00 PM', "feed-date", "most often 'never'"),
        ('"CN=A,DC=x",True,Ann,g-1,', "feed-item-twice", "listed twice"),
        ('"CN=A,DC=x",True,Ann,,', "feed-item-empty", "ObjectGUID"),
    ],
)
def test_a_faulty_user_is_one_problem_with_its_line(row, code, says):
    good, found = read("ad-users", f"#TYPE X\n{HEADER}{GOOD}{row}\n", **AD)
    assert isinstance(good, FeedRow)
    assert (found.problem.code, found.problem.line) == (code, 4)
    assert says in found.problem.what
    assert found.problem.fix


def test_a_property_with_several_values_is_told_from_its_values():
    text = "DistinguishedName,Enabled,Name,ObjectGUID,memberOf\n"
    text += (
        '"CN=A,DC=x",True,A,g-1,Microsoft.ActiveDirectory.Management.ADPropertyValueCollection\n'
    )
    found = only_problem("ad-users", text, columns={"attributes": {"groups": "memberOf"}})
    assert found.problem.code == "feed-value"
    assert "$_.memberOf -join ';'" in found.problem.fix


def test_a_missing_property_is_a_missing_column():
    found = only_problem("ad-users", "DistinguishedName,Name,ObjectGUID\n")
    assert (found.problem.code, found.account) == ("feed-column-missing", None)
    assert "'Enabled' is missing" in found.problem.what


def test_a_file_that_ends_in_its_type_line_is_empty():
    assert only_problem("ad-users", "#TYPE Microsoft.Active").problem.code == "feed-empty"


@pytest.mark.parametrize(
    ("row", "code", "account", "says"),
    [
        ("Acme,Awareness,,0", "feed-quantity", "Acme", "The quantity is empty"),
        ("Acme,Awareness,-3,0", "feed-quantity", "Acme", "'-3' is no quantity"),
        ('Acme,Awareness,"1,250",0', "feed-quantity", "Acme", "'1,250' is no quantity"),
        ("Acme,Awareness,2.5,0", "feed-quantity", "Acme", "'2.5' is no quantity"),
        ("Acme,Awareness,2,", "feed-quantity", "Acme", "of archived seats"),
        ("Acme,SaaS,2,0", "feed-item-twice", "Acme", "listed twice"),
        ("Acme,,2,0", "feed-item-empty", "Acme", "no id"),
        ("Total,,28,6", "feed-item-empty", "Total", "no id"),
        (",,28,6", "feed-account-empty", None, "unknown whose row"),
    ],
)
def test_a_faulty_line_of_a_vendors_invoice_is_never_a_zero(row, code, account, says):
    entries = read(
        "vendor-invoice", f"Customer,Product,Seats,Archived seats\nAcme,SaaS,1,0\n{row}\n"
    )
    found = next(entry for entry in entries if not isinstance(entry, FeedRow))
    assert (found.problem.code, found.account, found.problem.line) == (code, account, 3)
    assert says in found.problem.what


def test_a_vendors_invoice_without_archived_seats_needs_no_such_column():
    columns = {"item_id": "Product", "account": "Customer", "quantity": "Seats"}
    text = "Customer,Product,Seats\nAcme,SaaS,3\n"
    (row,) = rows("vendor-invoice", text, columns=columns)
    assert (row.quantity, row.attributes) == (3, {"seats": "active"})


# --- What a feed says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("csv", {"columns": {"account": "A"}, "scope": "provider"}, "'csv' needs an 'item_id'"),
        ("csv", {"scope": "account"}, "'csv' needs an 'item_id'"),
        ("vendor-invoice", {"columns": {"item_id": "P", "account": "A"}}, "needs a 'quantity'"),
        ("ninjaone-devices", {"page_size": None}, "needs 'page_size'"),
        ("connectwise-contacts", {"page_size": None}, "needs 'page_size'"),
        ("graph-users", {"page_size": 100}, "has no 'page_size'"),
        ("ad-users", {"columns": {"online_on": "whenCreated"}}, "needs 'date_format'"),
        ("ad-users", {"date_format": "MM/dd/yy"}, "'yy' in 'MM/dd/yy' is not known"),
        ("graph-users", {"date_format": DATE_FORMAT}, "has no 'date_format'"),
        ("graph-users", {"scope": "provider"}, "needs an 'account' column"),
        ("duo-users", {"columns": {"account": "x"}}, "one of scope 'account' has none"),
        ("excel", {"scope": "account"}, "'csv', 'ad-users'"),
    ],
)
def test_a_feed_that_does_not_fit_its_format_is_refused(name, more, says):
    with pytest.raises(ValidationError, match=says):
        definition(name, **more)


def test_what_a_format_says_by_itself_is_completed_once():
    said = definition("ninjaone-devices", columns={"attributes": {"tag": "tags"}})
    assert said.columns.account == "organizationId"
    assert list(said.columns.attributes) == ["device-type", "approval", "tag"]
    assert type(said).model_validate(said.model_dump()) == said
    assert type(said).model_validate_json(said.model_dump_json()) == said


def test_a_tool_that_is_fetched_for_each_account_needs_no_account_in_its_items():
    said = definition("ninjaone-devices", scope="account")
    assert said.columns.account is None


def test_a_column_that_is_set_to_nothing_is_not_read():
    said = definition("graph-users", columns={"online_on": None})
    assert said.columns.online_on is None
    (found,) = problems("graph-users", sample("graph-users"), columns={"name": "nickname"})
    assert found.problem.what == "No item has the field 'nickname'."
