from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from pathlib import Path

from tests.mspbill.conftest import Mspbill


def write_template(provider: Path, name: str, text: str) -> None:
    folder = provider / "mail-templates"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def test_all_kinds_are_shown_side_by_side(provider: Path, tmp_path: Path, mspbill: Mspbill) -> None:
    greeting = '{% extends "shared/invoice.txt.j2" %}{% block greeting %}Hello!{% endblock %}'
    write_template(provider, "invoice.txt.j2", greeting)
    out = tmp_path / "preview"
    told = json.loads(mspbill("preview", provider, "--out", out, "--json").stdout)
    kinds = [mail["kind"] for mail in told["mails"]]
    assert len(kinds) == 10
    page = (out / "index.html").read_text("utf-8")
    for kind in kinds:
        assert f'<iframe src="{kind}.html"' in page
        assert (out / f"{kind}.eml").stat().st_size > 5_000
    assert "Own templates: invoice.txt.j2." in page
    assert "Hello!" in (out / "invoice.txt").read_text("utf-8")
    assert "Pinewood IT &amp; Sons" in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_a_mail_comes_as_it_would_be_sent_with_its_document(
    provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    out = tmp_path / "preview"
    for _again in range(2):  # what an earlier preview left is replaced
        result = mspbill(
            "preview", provider, "--kind", "invoice", "--language", "fr-CA", "--out", out
        )
    assert result.exit_code == 0
    assert "Open " in result.stdout
    message = message_from_bytes((out / "invoice.eml").read_bytes(), policy=policy.default)
    assert message["Content-Language"] == "fr-CA"
    (document,) = message.iter_attachments()
    assert (out / "invoice.pdf").read_bytes() == document.get_content()
    assert document.get_content().startswith(b"%PDF-1.7")
    assert "nobody" in str(message["Subject"]), "it is marked as invented"
    assert sorted(path.name for path in out.iterdir()) == [
        "index.html",
        "invoice.eml",
        "invoice.html",
        "invoice.pdf",
        "invoice.txt",
        "summary.json",
    ]


def test_a_mistake_in_a_template_is_told_by_line_and_nothing_is_written(
    provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    write_template(provider, "invoice.txt.j2", "{{ number }} {{ amount }}\n{{ amont }}")
    result = mspbill("preview", provider, "--out", tmp_path / "preview")
    assert result.exit_code == 2
    assert "mail-templates/invoice.txt.j2:2: This mail has no value 'amont'." in result.stderr
    assert not (tmp_path / "preview").exists()


def test_an_unknown_kind_or_language_is_refused_with_those_that_there_are(
    provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    out = ("--out", tmp_path / "preview")
    wrong = mspbill("preview", provider, "--kind", "bill", *out)
    assert wrong.exit_code == 2
    assert "These are: all, invoice, credit-note" in " ".join(wrong.stderr.split())
    wrong = mspbill("preview", provider, "--language", "tlh", *out)
    assert wrong.exit_code == 2
    assert "These are: en, es, fr and de" in " ".join(wrong.stderr.split())


def test_a_folder_of_somebody_else_is_not_replaced(
    provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    assert mspbill("preview", provider, "--out", tmp_path / "mine").exit_code == 2
    assert mspbill("preview", provider, "--out", provider / "preview").exit_code == 2
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep me"
