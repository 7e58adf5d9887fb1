"""Check template.yaml and the state machines with cfn-lint, before and after SAM's translation.

Run as ``python -m tools.check_template``. Prints every finding with its rule; the exit code is 1 if
there is any. Needs no network and no account.

Why after translation too: SAM makes roles, permissions and schedules that nobody wrote, and
cfn-lint sees them only there. The state machines are put into the translated template as objects,
because cfn-lint checks a definition only when it stands in the template itself.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from samtranslator.public.exceptions import InvalidDocumentException

from local_cloud.template import REGION, Template

SERVERLESS_RULES = "cfn_lint_serverless.rules"


def translated(root: Path) -> dict[str, Any]:
    """Return a folder's template as plain CloudFormation, its state machines inlined.

    Raises:
        InvalidDocumentException: SAM cannot translate it.
        json.JSONDecodeError: A state machine is not JSON.
    """
    os.environ["AWS_DEFAULT_REGION"] = REGION  # the translator asks boto3 for it
    template = Template.read(root / "template.yaml", {})
    for name, path in template.definition_uris.items():
        properties = template.body["Resources"][name]["Properties"]
        del properties["DefinitionS3Location"]
        definition = json.loads((root / path).read_text(encoding="utf-8"))
        properties["Definition"] = _with_plain_timeouts(definition)
    return dict(template.body)


def _with_plain_timeouts(value: Any) -> Any:
    """Put a number where a timeout is a JSONata expression: cfn-lint's schema knows none."""
    if isinstance(value, list):
        return [_with_plain_timeouts(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: 60
        if key == "TimeoutSeconds" and isinstance(entry, str) and entry.startswith("{%")
        else _with_plain_timeouts(entry)
        for key, entry in value.items()
    }


def findings(text: str, label: str) -> list[str]:
    """Return what cfn-lint with the serverless rules says about a template, one line each."""
    args = ManualArgs(append_rules=[SERVERLESS_RULES], regions=[REGION])
    return [
        f"{label}:{match.linenumber}: {match.rule.id} {match.message}"
        for match in lint(text, config=args)
    ]


def check(root: Path) -> list[str]:
    """Check the template in a folder; return all findings, an empty list if it is in order."""
    text = (root / "template.yaml").read_text(encoding="utf-8")
    try:
        after = json.dumps(translated(root), indent=2)
    except InvalidDocumentException as error:
        return [f"template.yaml: {cause.message}" for cause in error.causes]
    except json.JSONDecodeError as error:
        return [f"statemachines: {error}"]
    problems = findings(text, "template.yaml")
    if late := findings(after, "translated"):
        # Line numbers of the translated template mean nothing without it.
        kept = Path(tempfile.gettempdir()) / "msp-billing-translated.json"
        kept.write_text(after, encoding="utf-8")
        problems += [*late, f"(the translated template is in {kept})"]
    return problems


def main() -> int:
    """Check this repository's template; return the exit code."""
    problems = check(Path(__file__).resolve().parent.parent)
    print("\n".join(problems) if problems else "template.yaml is in order, before and after SAM.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
