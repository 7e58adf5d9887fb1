"""What must hold for Python source: sizes, imports, no floats. A check returns its complaints."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

MODULE_LINES = 300
FUNCTION_LINES = 70
IMPURE_MODULES = frozenset(
    {
        "boto3",
        "botocore",
        "aws_lambda_powertools",
        "logging",
        "os",
        "random",
        "secrets",
        "socket",
        "subprocess",
        "threading",
        "time",
        "uuid",
    }
)
# Only these may a handler import, beside the standard library's typing help.
HANDLER_IMPORTS = (
    "__future__",
    "aws_lambda_powertools",
    "collections.abc",
    "msp_billing.adapters.http",  # only names routes and reads requests
    "msp_billing.observing",
    "msp_billing.usecases",
    "msp_billing.wiring",
    "pydantic",
    "typing",
)


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import, `from a import b` as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level + (node.module or "")
            for alias in node.names:
                yield node.lineno, f"{prefix}.{alias.name}"


def within(name: str, modules: Iterable[str]) -> bool:
    """Say whether a dotted name is one of the modules or something in it."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def size_complaints(text: str, module_lines: int = MODULE_LINES) -> list[str]:
    """Name a module or function that is too long to be read in one go."""
    complaints = []
    lines = len(text.splitlines())
    if lines >= module_lines:
        complaints.append(f"{lines} lines; a module stays under {module_lines}")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length >= FUNCTION_LINES:
                complaints.append(
                    f"line {node.lineno}: {node.name} has {length} lines; "
                    f"a function stays under {FUNCTION_LINES}"
                )
    return complaints


def refused_types(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the types that isinstance asks for: to refuse a float, one has to name it."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, types]):
                yield from ast.walk(types)


def purity_complaints(tree: ast.AST) -> list[str]:
    """Name what the domain may not have: floats, impure modules, files and the terminal."""
    complaints = []
    refusals = set(refused_types(tree))
    for node in ast.walk(tree):
        if node in refusals:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            complaints.append(f"line {node.lineno}: the float {node.value}; money is Decimal")
        elif (
            isinstance(node, ast.Name)
            and node.id in {"float", "open", "print", "input"}
            and isinstance(node.ctx, ast.Load)  # a field may be called "open"
        ):
            complaints.append(f"line {node.lineno}: {node.id}")
    complaints += [
        f"line {line}: imports {name}"
        for line, name in imported_modules(tree)
        if within(name, IMPURE_MODULES)
    ]
    return complaints


def handler_complaints(tree: ast.Module) -> list[str]:
    """Name what makes a handler more than thin, or unfit to be one."""
    complaints = [
        f"line {line}: imports {name}; a handler knows the wiring, the use cases and Powertools"
        for line, name in imported_modules(tree)
        if not within(name, HANDLER_IMPORTS)
    ]
    handlers = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "handler"]
    if len(handlers) != 1:
        return [*complaints, "has no function named handler"]
    parameters = [argument.arg for argument in handlers[0].args.args]
    if [name.lstrip("_") for name in parameters] != ["event", "context"]:
        complaints.append(f"handler takes {parameters}, not event and context")
    return complaints
