"""Google's Gemini as its Developer API speaks: generateContent and batchEmbedContents, with its rules.

Names may be in camel case or with underscores, as proto3 has it, and base64 in either alphabet.
"""

from collections.abc import Mapping
from typing import Any

from photogram.simulator.call import Answer, Call, Fault, Made, Problem, Request, Trouble, Within, making
from photogram.simulator.tongues.gemini import batches, images, sight, vectors
from photogram.simulator.tongues.gemini.fields import Embed, Generate, read

METHODS = ("generateContent", "batchEmbedContents")


class Tongue:
    """POST /v1 or /v1beta, models/NAME:generateContent and models/NAME:batchEmbedContents."""

    name = "gemini"
    id_header = "x-goog-simulated-id"
    routes = (
        tuple(
            ("POST", f"/{version}/models/{{model}}:{method}")
            for version in ("v1", "v1beta")
            for method in METHODS
        )
        + batches.ROUTES
    )

    def __init__(self) -> None:
        self._batches = batches.Batches()
        self.faults: Mapping[str, Fault] = _FAULTS

    def check_key(self, request: Request, key: str) -> None:
        if (request.headers.get("x-goog-api-key") or request.query.get("key")) != key:
            raise Problem("key", "API key not valid. Please pass a valid API key.")

    def read(self, request: Request) -> Call | Answer | Within:
        if (request.method, request.route) in batches.ROUTES:
            return self._batches.read(request)
        model, method = request.parts["model"], request.route.rpartition(":")[2]
        if method == "batchEmbedContents":
            if model not in vectors.EMBEDDERS:
                raise _unknown(request, model, method)
            return vectors.read(model, read(request.body, Embed))
        if model in images.MAKERS:
            return images.read(model, read(request.body, Generate))
        if model in sight.SEERS:
            return sight.read(model, read(request.body, Generate))
        raise _unknown(request, model, method)

    def say(self, call: Call, made: Made) -> Answer:
        if call.kind == "embed":
            return Answer({"embeddings": vectors.say(call, made), "usageMetadata": _counted(call, made)})
        said: dict[str, Any] = {"usageMetadata": _counted(call, made), "modelVersion": call.model}
        said["responseId"] = f"sim-{made.tokens_in}-{made.tokens_out}"
        parts: list[dict[str, Any]] = [images.part_of(image) for image in made.pictures]
        parts += [{"text": made.text}] if made.text is not None else []
        reason = _ENDED[made.ended] if parts or not made.withheld else "IMAGE_SAFETY"
        if parts or made.withheld:
            said["candidates"] = [_candidate(reason, parts if made.ended != "filter" else [])]
        return Answer(said)

    def tell(self, problem: Problem, call: Call | None) -> Answer:
        if call and call.kind != "embed" and (problem.trouble == "refused" or "reason" in problem.more):
            return Answer(_withheld(problem, call))
        status, name = _STATUS[problem.trouble]
        error: dict[str, Any] = {"code": status, "message": problem.message, "status": name}
        if details := _details(problem):
            error["details"] = details
        return Answer({"error": error}, status)


def _unknown(request: Request, model: str, method: str) -> Problem:
    version = request.route.split("/")[1]
    what = f"models/{model} is not found for API version {version}, or is not supported for {method}."
    return Problem("no model", what)


# ------------------------------------------------------------------------------- saying

_ENDED = {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}


def _candidate(reason: str, parts: list[dict[str, Any]], message: str = "") -> dict[str, Any]:
    candidate: dict[str, Any] = {"finishReason": reason, "index": 0}
    if parts:
        candidate["content"] = {"parts": parts, "role": "model"}
    return candidate | ({"finishMessage": message} if message else {})


def _counted(call: Call, made: Made) -> dict[str, Any]:
    counted: dict[str, Any] = {"promptTokenCount": made.tokens_in}
    if call.kind == "embed":
        return counted
    counted |= {
        "candidatesTokenCount": made.tokens_out,
        "totalTokenCount": made.tokens_in + made.tokens_out,
    }
    if made.pictures:
        tokens = call.picture_out * len(made.pictures)
        counted["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": tokens}]
    return counted


# ------------------------------------------------------------------------------ telling

_STATUS: Mapping[Trouble, tuple[int, str]] = {
    "key": (400, "INVALID_ARGUMENT"),
    "access": (403, "PERMISSION_DENIED"),
    "no model": (404, "NOT_FOUND"),
    "invalid": (400, "INVALID_ARGUMENT"),
    "unknown field": (400, "INVALID_ARGUMENT"),
    "not json": (400, "INVALID_ARGUMENT"),
    "too large": (400, "INVALID_ARGUMENT"),
    "refused": (400, "INVALID_ARGUMENT"),
    "busy": (429, "RESOURCE_EXHAUSTED"),
    "quota": (429, "RESOURCE_EXHAUSTED"),
    "timeout": (504, "DEADLINE_EXCEEDED"),
    "upstream": (500, "INTERNAL"),
    "failed": (500, "INTERNAL"),
    "down": (503, "UNAVAILABLE"),
}
_RPC = "type.googleapis.com/google.rpc."


def _details(problem: Problem) -> list[dict[str, Any]]:
    if problem.trouble == "key":
        return [{"@type": f"{_RPC}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
    details: list[dict[str, Any]] = []
    if problem.trouble in ("busy", "quota"):
        often = "PerDay" if problem.trouble == "quota" else "PerMinute"
        quota = {"quotaId": f"GenerateRequests{often}PerProjectPerModel", "quotaValue": "100"}
        details.append({"@type": f"{_RPC}QuotaFailure", "violations": [quota]})
    if problem.wait is not None:
        details.append({"@type": f"{_RPC}RetryInfo", "retryDelay": f"{problem.wait:.3f}s"})
    return details


def _withheld(problem: Problem, call: Call) -> dict[str, Any]:
    """A whole answer with nothing in it, and why."""
    said: dict[str, Any] = {"usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1}}
    said["modelVersion"] = call.model
    if problem.stage in ("prompt", "input"):
        reason = problem.more.get("reason", "PROHIBITED_CONTENT" if problem.stage == "prompt" else "SAFETY")
        return said | {"promptFeedback": {"blockReason": reason}}
    reason = problem.more.get("reason", "IMAGE_SAFETY" if making(call) else "SAFETY")
    parts = [{"text": problem.message}] if reason == "STOP" else []
    message = "" if reason == "STOP" else problem.message
    return said | {"candidates": [_candidate(reason, parts, message)]}


# ------------------------------------------------------------------------------- faults


def _ending(reason: str, about: str, trouble: Trouble = "upstream", message: str = "") -> Fault:
    said = message or "Unable to show the generated image."
    return Fault(about, making, problem=lambda _: Problem(trouble, said, stage="output", reason=reason))


def _no_quota(_: Call) -> Problem:
    return Problem("quota", "You exceeded your current quota, please check your plan and billing details.")


def _blocked(_: Call) -> Problem:
    return Problem("refused", "", stage="prompt", reason="PROHIBITED_CONTENT")


_FAULTS: Mapping[str, Fault] = {
    "NO_IMAGE": _ending("NO_IMAGE", "no picture where one was to be"),
    "IMAGE_OTHER": _ending("IMAGE_OTHER", "no picture, and no reason for it"),
    "MALFORMED_RESPONSE": _ending("MALFORMED_RESPONSE", "the model's own answer was malformed"),
    "IMAGE_SAFETY": _ending("IMAGE_SAFETY", "the picture was held back", "refused"),
    "IMAGE_RECITATION": _ending("IMAGE_RECITATION", "the picture is somebody's", "refused"),
    "words for a picture": _ending(
        "STOP", "words in place of a picture", "refused", "Here is how I would draw it: as it is."
    ),
    "blocked": Fault("the prompt is blocked", lambda call: call.kind != "embed", problem=_blocked),
    "daily quota": Fault("the day's quota is spent", problem=_no_quota),
}
