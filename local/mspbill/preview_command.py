"""The command ``mspbill preview``; what it does is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from msp_billing.domain.problems import ProblemsError
from mspbill.command_options import AsJson
from mspbill.console import print_json, results
from mspbill.refusing import refuse, refuse_with


def preview(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The directory that has provider.yaml in it.")
    ] = Path(),
    kind: Annotated[
        str, typer.Option(help="One kind of mail, such as invoice or dunning; or all.")
    ] = "all",
    language: Annotated[
        str | None,
        typer.Option(help="The account's language, such as fr or es-MX; else the provider's."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for the files.")] = Path("preview"),
    as_json: AsJson = False,
) -> None:
    """Show what your mails look like, with invented data: for whoever changes a template.

    Each mail is written as .eml, .html and .txt, with the document that it brings, and index.html
    shows all of them side by side. Policy, colours, logo and templates are your own; the account
    is nobody's. Exit code 2 says what is wrong in the directory or in a template, by line.
    """
    from mspbill.output_folder import OutputFolderError
    from mspbill.preview import PreviewOrder, UnknownKindError, write_preview

    try:
        order = PreviewOrder.of(directory, kind, language)
        mails = write_preview(order, out)
    except ProblemsError as error:
        refuse(error.problems, as_json=as_json)
    except UnknownKindError as error:
        refuse_with("unknown-name", str(error), as_json=as_json)
    except OutputFolderError as error:
        refuse_with("output-folder", str(error), as_json=as_json)
    if as_json:
        print_json({"ok": True, "mails": [mail.told for mail in mails]})
        return
    console = results()
    for mail in mails:
        console.print(f"{mail.kind}: {mail.subject}", markup=False, highlight=False)
    console.print(f"\nOpen {out / 'index.html'}.", markup=False, highlight=False)
