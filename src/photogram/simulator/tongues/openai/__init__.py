"""OpenAI's dialect: images made and edited, chat about pictures, embeddings, and the list of models.

Every route stands with and without the version before it. OpenAI's own models are held to the rules of
its documents; any other model is one on a server that follows them, where more is allowed.
"""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from photogram.data import Card
from photogram.providers import find
from photogram.simulator.call import (
    STATUS,
    Answer,
    Call,
    Fault,
    Made,
    Problem,
    Request,
    Trouble,
    Within,
    seeing,
)
from photogram.simulator.tongues.openai import batches, chat, embeddings, images

READ: Mapping[str, Callable[[Request], Call]] = {
    "/images/generations": images.read_draw,
    "/images/edits": images.read_edit,
    "/chat/completions": chat.read,
    "/embeddings": embeddings.read,
}
SAY: Mapping[str, Callable[[Call, Made], dict[str, Any]]] = {
    "draw": images.say,
    "edit": images.say,
    "see": chat.say,
    "embed": embeddings.say,
}
CODES: Mapping[Trouble, str] = {
    "key": "invalid_api_key",
    "access": "model_not_found",
    "no model": "model_not_found",
    "invalid": "invalid_value",
    "unknown field": "unknown_parameter",
    "not json": "invalid_json",
    "too large": "request_too_large",
    "refused": "moderation_blocked",
    "busy": "rate_limit_exceeded",
    "quota": "insufficient_quota",
    "timeout": "timeout",
    "upstream": "server_error",
    "failed": "server_error",
    "down": "server_error",
}
KINDS: Mapping[str, str] = {
    "moderation_blocked": "image_generation_user_error",
    "rate_limit_exceeded": "requests",
    "insufficient_quota": "insufficient_quota",
    "server_error": "server_error",
    "timeout": "server_error",
}


class Tongue:
    """POST to make, edit, see and embed; GET to list the models."""

    name = "openai"
    id_header = "x-request-id"
    routes = tuple(
        (method, version + path)
        for version in ("", "/v1")
        for method, path in (
            *(("POST", path) for path in READ),
            ("GET", "/models"),
            ("GET", "/models/{model}"),
            *batches.ROUTES,
        )
    )
    faults: Mapping[str, Fault] = {
        "refusal": Fault(
            "the model declines in the field for it",
            seeing,
            problem=lambda _: Problem("refused", "I cannot help with that.", stage="prompt"),
        ),
        "bare error": Fault(
            "an error that is a string, as some servers say it",
            problem=lambda _: Problem("failed", "the model has crashed", bare=True),
        ),
        "no usage": Fault(
            "an answer without its tokens", answer=lambda answer, _: _uncounted(answer), whole=True
        ),
    }

    def __init__(self) -> None:
        self._batches = batches.Batches()

    def check_key(self, request: Request, key: str) -> None:
        if request.headers.get("Authorization") != f"Bearer {key}":
            raise Problem("key", "Incorrect API key provided.")

    def read(self, request: Request) -> Call | Answer | Within:
        route = request.route.removeprefix("/v1")
        if (request.method, route) in batches.ROUTES:
            return self._batches.read(route, request)
        if request.method == "GET":
            return _models(request.parts.get("model"))
        return READ[route](request)

    def say(self, call: Call, made: Made) -> Answer:
        return Answer(SAY[call.kind](call, made))

    def tell(self, problem: Problem, call: Call | None) -> Answer:
        if call and call.kind == "see" and problem.trouble == "refused" and problem.stage != "input":
            return Answer(chat.decline(call, problem))
        if problem.more.get("bare"):
            return Answer({"error": problem.message}, STATUS[problem.trouble])
        code = problem.more.get("code", CODES[problem.trouble])
        kind = KINDS.get(code, "invalid_request_error")
        param = problem.more.get("param")
        error = {"message": problem.message, "type": kind, "param": param, "code": code or None}
        return Answer({"error": error}, STATUS[problem.trouble], _wait(problem.wait))


def _wait(seconds: float | None) -> dict[str, str]:
    """How OpenAI says when to come again."""
    if seconds is None:
        return {}
    return {"retry-after-ms": str(ceil(seconds * 1000)), "retry-after": str(max(1, ceil(seconds)))}


def _uncounted(answer: Answer) -> Answer:
    return answer._replace(body={name: said for name, said in answer.body.items() if name != "usage"})


# ----------------------------------------------------------------------------- models


def _models(model: str | None) -> Answer:
    """The living models whose cards we have; one of them, where it is named."""
    cards = {card.model: card for card in find("openai").cards() if not card.ended}
    if model is None:
        return Answer({"object": "list", "data": [_model(card) for card in cards.values()]})
    if model not in cards:
        raise Problem("no model", f"The model '{model}' does not exist")
    return Answer(_model(cards[model]))


def _model(card: Card) -> dict[str, Any]:
    said = {"id": card.model, "object": "model", "created": 1_767_225_600, "owned_by": "openai"}
    return said | {"shutdown_date": card.eol or None}
