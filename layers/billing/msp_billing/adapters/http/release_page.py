"""The page behind an approver's link. Opening it decides nothing: mail scanners open links too."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from pydantic import ValidationError

from msp_billing.adapters.http.requests import WHY_LIMIT, new_router, ports_of, raw_body
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.release_approvals import (
    KeyView,
    approve_by_key,
    reject_by_key,
    view_by_key,
)
from msp_billing.usecases.dunning.release_keys import KeyRequest
from msp_billing.usecases.dunning.release_situation import (
    ConcurrentStandingError,
    ReleaseRefusedError,
)

if TYPE_CHECKING:
    from msp_billing.adapters.http.release_pages import Page, ReleasePages
    from msp_billing.domain.dunning.letters import ReleaseQuestion
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

MAX_FORM_BYTES = 8 * 1024
_PATH = "/releases/<provider>/<account>/<release>"
_SAY_WHY = f"Please say why, in one sentence of at most {WHY_LIMIT} characters."
_UNKNOWN = "unknown_key"
_logger = Logger(child=True)
router = new_router()


@cache
def release_page() -> APIGatewayHttpResolver:
    """The resolver of the page's function; the handler gives it ``ports`` and ``pages``."""
    api = APIGatewayHttpResolver()
    api.include_router(router)
    api.exception_handler(NotFoundError)(lambda _: _answer(404, _nothing_here()))
    api.exception_handler(ConcurrentStandingError)(lambda _: _answer(503, _try_again()))
    return api


@router.get(_PATH)
def show(provider: str, account: str, release: str) -> Response[str]:
    """What the approver is asked, as it stands now."""
    key = router.current_event.query_string_parameters.get("key", "")
    return _respond(provider, account, release, key, None)


@router.post(_PATH)
def decide(provider: str, account: str, release: str) -> Response[str]:
    """Keep what the approver says. The secret comes in the body, so that no log has it."""
    raw = raw_body(router.current_event.raw_event)
    if len(raw) > MAX_FORM_BYTES:
        return _answer(413, _nothing_here())
    form = {
        name: values[0]
        for name, values in parse_qs(raw.decode(errors="replace"), keep_blank_values=True).items()
    }
    return _respond(provider, account, release, form.get("key", ""), form)


def _respond(
    provider: str, account: str, release: str, key: str, form: dict[str, str] | None
) -> Response[str]:
    ports = ports_of(router)
    try:
        request = KeyRequest.model_validate(
            {"provider": provider, "account": account, "release": release, "key": key}
        )
        view = view_by_key(ports, request)
    except (ValidationError, ReleaseRefusedError) as error:
        # Which of the names is wrong is not said: nobody is to learn which accounts there are.
        _logger.warning("a link opens nothing", kind=type(error).__name__)
        return _answer(404, _nothing_here())
    policy = policy_in_force(ports, request.provider)
    try:
        if form is not None and not _is_done(view):
            return _decide(ports, policy, view, request, form)
    except ReleaseRefusedError as error:
        problem = error.problems[0]
        page = _pages().refused("This cannot be approved", problem.what, problem.fix, policy)
        return _answer(409, page)
    if _is_done(view):
        return _answer(200 if form is None else 409, _done(view, policy))
    return _answer(200, _question(view, policy, request))


def _decide(
    ports: Ports,
    policy: ProviderPolicy,
    view: KeyView,
    request: KeyRequest,
    form: dict[str, str],
) -> Response[str]:
    typed = " ".join(form.get("why", "").split())
    if not typed or len(typed) > WHY_LIMIT:
        page = _question(view, policy, request, why=typed[: 2 * WHY_LIMIT], wrong=_SAY_WHY)
        return _answer(422, page)
    said = request.model_copy(update={"why": typed})
    name = view.question.account_name
    if form.get("decision") == "keep":
        reject_by_key(ports, said)
        what = f"{name} stays on hold. Nobody else is asked, until somebody asks for it again."
        return _answer(200, _pages().refused("The hold stays", what, _CLOSE, policy))
    result = approve_by_key(ports, said)
    after = view_by_key(ports, request)
    _logger.info("a release was approved", release=result.release, missing=len(result.missing))
    return _answer(200, _pages().approved(after.question, policy, over=not result.missing))


def _is_done(view: KeyView) -> bool:
    """Whether there is nothing left to say: it is over, or somebody of the role has approved."""
    return view.over is not None or _approved_by(view.question) is not None


def _approved_by(question: ReleaseQuestion) -> str | None:
    return next(
        (key.approved_by for key in question.roles if key.role == question.asked_role), None
    )


def _done(view: KeyView, policy: ProviderPolicy) -> Page:
    name, by = view.question.account_name, _approved_by(view.question)
    if view.over is not None and view.result.state != "approved":
        what = f"It is decided already: {view.over}"
        return _pages().refused(f"Nothing to decide about {name}", what, _CLOSE, policy)
    if not view.result.missing:
        what = "Every role has approved."
        return _pages().refused(f"The hold of {name} has ended", what, _CLOSE, policy)
    who = "You have" if by == view.approver else f"{by} has"
    waits = ", ".join(view.result.missing)
    what = f"{who} approved as this role. It waits for: {waits}."
    return _pages().refused("This is approved already", what, _CLOSE, policy)


_CLOSE = "There is nothing more to do here: you can close this page."


def _question(
    view: KeyView,
    policy: ProviderPolicy,
    request: KeyRequest,
    why: str = "",
    wrong: str | None = None,
) -> Page:
    action = f"/releases/{request.provider}/{request.account}/{request.release}"
    return _pages().question(
        view.question, policy, view.approver, request.key, action, why=why, wrong=wrong
    )


def _nothing_here() -> Page:
    return _pages().refused(
        "This link opens nothing",
        "It may have been cut off on its way, or it belongs to a question that is long over.",
        "Open the link of the newest mail about the account, whole, as it is written there.",
        None,
    )


def _try_again() -> Page:
    return _pages().refused(
        "Please try again",
        "The account was changed by somebody else at this very moment.",
        "Go back and send your answer once more: it was not kept.",
        None,
    )


def _pages() -> ReleasePages:
    pages: ReleasePages = router.context["pages"]
    return pages


def _answer(status: int, page: Page) -> Response[Any]:
    return Response(
        status_code=status,
        content_type=f"{content_types.TEXT_HTML}; charset=utf-8",
        body=page.html,
        headers=page.headers,
    )
