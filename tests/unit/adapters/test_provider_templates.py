"""Templates of mails in a provider directory: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from tests.unit.adapters.directory_samples import copy_sound, edit, messages, problems_of

GREETING = (
    '{% extends "shared/invoice.txt.j2" %}\n'
    "{% block greeting %}Dear people of {{ account }}, ü{% endblock %}\n"
)


def with_templates(target: Path, **sources: str | bytes) -> Path:
    root = copy_sound(target)
    folder = root / "mail-templates"
    folder.mkdir()
    for name, source in sources.items():
        content = source.encode() if isinstance(source, str) else source
        (folder / f"{name}.txt.j2").write_bytes(content)
    return root


def test_templates_become_part_of_the_policy(tmp_path: Path) -> None:
    root = with_templates(tmp_path, invoice=GREETING)
    policy = load_provider_directory(root).policy
    assert policy.mail_templates == {"invoice.txt.j2": GREETING}


def test_a_directory_without_templates_has_the_shared_ones(tmp_path: Path) -> None:
    assert load_provider_directory(copy_sound(tmp_path)).policy.mail_templates == {}


def test_mistakes_in_templates_come_with_all_others_by_file_and_line(tmp_path: Path) -> None:
    root = with_templates(
        tmp_path,
        invoice=GREETING.replace("account", "acount"),
        dunning="{% set x = 1 %}",
        bill="x",
        report=b"\xff\xfe\x00",
    )
    edit(root, "accounts/acme.yaml", ("product: SERVER", "product: SERVR"))
    found = {(entry.file, entry.line) for entry in problems_of(root)}
    assert {
        ("mail-templates/invoice.txt.j2", 2),
        ("mail-templates/dunning.txt.j2", 1),
        ("mail-templates/bill.txt.j2", None),
        ("mail-templates/report.txt.j2", None),
    } <= found
    assert any(file == "accounts/acme.yaml" for file, _line in found)


def test_what_is_written_between_two_files_is_refused(tmp_path: Path) -> None:
    root = copy_sound(tmp_path)
    edit(root, "provider.yaml", ("currency: USD", "currency: USD\nmail_templates: {}"))
    assert any("Put them into the folder 'mail-templates'." in entry for entry in messages(root))


def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.j2"
    secret.write_text("{{ subject }}")
    root = with_templates(tmp_path / "here")
    (root / "mail-templates" / "invoice.txt.j2").symlink_to(secret)
    assert [entry.code for entry in problems_of(root)] == ["link-outside"]


@pytest.mark.parametrize("name", ["invoice.txt", "notes.md", "sub"])
def test_files_of_no_use_are_told(tmp_path: Path, name: str) -> None:
    root = with_templates(tmp_path)
    path = root / "mail-templates" / name
    if name == "sub":
        path.mkdir()
    else:
        path.write_text("x")
    (found,) = problems_of(root)
    assert found.file == f"mail-templates/{name}"
    assert found.fix
