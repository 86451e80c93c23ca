"""Amazon Bedrock's runtime: InvokeModel in the words of each family of models, and Converse.

Every request has to be signed, or to carry a bearer key. A key that the script demands is both the
access key and the secret one, so that a signature can be held against it; or it is the bearer key.
"""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, NamedTuple

from msgspec.structs import replace

from photogram.simulator.call import (
    Answer,
    Call,
    Fault,
    Made,
    Problem,
    Request,
    Trouble,
    Within,
    making,
    seeing,
)
from photogram.simulator.tongues.bedrock import (
    amazon,
    buckets,
    converse,
    embeddings,
    jobs,
    messages,
    signed,
    stability,
)
from photogram.simulator.tongues.bedrock.models import check_model, stem

MOST_BYTES = 25_000_000


class Family(NamedTuple):
    """How models are spoken to whose names begin so."""

    begins: str
    read: Callable[[str, bytes], Call]
    say: Callable[[Call, Made], Any]
    refuse: Callable[[Call, Problem], Any]


INVOKED = (
    Family("stability.", stability.read, stability.say, stability.refuse),
    Family("amazon.titan-image-generator", amazon.read, amazon.say, amazon.refuse),
    Family("amazon.nova-canvas", amazon.read, amazon.say, amazon.refuse),
    Family("amazon.titan-embed-text", embeddings.read_text, embeddings.say_titan, embeddings.refuse),
    Family("amazon.titan-embed-image", embeddings.read_titan, embeddings.say_titan, embeddings.refuse),
    Family("amazon.nova-2-multimodal", embeddings.read_nova, embeddings.say_nova, embeddings.refuse),
    Family("cohere.embed-v4", embeddings.read_cohere, embeddings.say_cohere, embeddings.refuse),
    Family("amazon.nova", messages.read_nova, converse.say, converse.refuse),
    Family("anthropic.claude", messages.read_claude, messages.say_claude, messages.refuse_claude),
)
CONVERSED = Family("", converse.read, converse.say, converse.refuse)


class _Name(NamedTuple):
    name: str
    status: int


NAMES: Mapping[Trouble, _Name] = {
    "key": _Name("UnrecognizedClientException", 403),
    "access": _Name("AccessDeniedException", 403),
    "no model": _Name("ValidationException", 400),
    "invalid": _Name("ValidationException", 400),
    "unknown field": _Name("ValidationException", 400),
    "not json": _Name("ValidationException", 400),
    "too large": _Name("ValidationException", 400),
    "refused": _Name("ValidationException", 400),
    "busy": _Name("ThrottlingException", 429),
    "quota": _Name("ServiceQuotaExceededException", 400),
    "timeout": _Name("ModelTimeoutException", 408),
    "upstream": _Name("ModelErrorException", 424),
    "failed": _Name("InternalServerException", 500),
    "down": _Name("ServiceUnavailableException", 503),
}


class Tongue:
    """POST to invoke a model, or to converse with one."""

    name = "bedrock"
    id_header = "x-amzn-requestid"
    routes = (
        ("POST", "/model/{model}/invoke"),
        ("POST", "/model/{model}/converse"),
        *jobs.ROUTES,
        *buckets.ROUTES,
    )
    faults: Mapping[str, Fault] = {
        "not ready": Fault(
            "the model is not ready",
            problem=lambda _: Problem("busy", "The model is not ready.", name="ModelNotReadyException"),
        ),
        "access": Fault(
            "no access to the model",
            problem=lambda _: Problem("access", "You don't have access to the model with the specified ID."),
        ),
        "tokens per day": Fault(
            "the day's tokens are spent, told as if it were a matter of pace",
            problem=lambda _: Problem(
                "busy", "Too many tokens per day, please wait before trying again.", wait=None
            ),
        ),
        "end of life": Fault(
            "the model has ended",
            problem=lambda _: Problem(
                "no model",
                "This model version has reached the end of its life. Please refer to the AWS"
                " documentation for more details.",
                name="ResourceNotFoundException",
            ),
        ),
        "inference error": Fault(
            "it did not work, told with a 200 as filters are",
            lambda call: "stability" in call.more,
            problem=lambda _: Problem("failed", "Inference error", said=stability.FAILED),
        ),
        "no keys": Fault(
            "an answer without the keys that hold something",
            lambda call: "stability" in call.more,
            answer=lambda answer, _: answer._replace(body={"finish_reasons": [None]}),
        ),
        "fewer": Fault(
            "one picture less than asked for, and no word about it",
            making,
            made=lambda made: replace(made, pictures=made.pictures[1:]),
        ),
        "guardrail": Fault("a guardrail stands in the way", seeing, answer=converse.intervened),
        "malformed tool use": Fault(
            "the model could not call its tool", seeing, answer=converse.ended("malformed_tool_use")
        ),
        "malformed output": Fault(
            "the model's output was malformed", seeing, answer=converse.ended("malformed_model_output")
        ),
        "context": Fault(
            "the model's window was full",
            seeing,
            answer=converse.ended("model_context_window_exceeded"),
        ),
        "message": Fault(
            "an error in an answer of vectors",
            lambda call: call.model.startswith("amazon.titan-embed-image"),
            answer=lambda answer, _: answer._replace(
                body={"embedding": None, "inputTextTokenCount": 0, "message": "An error occurred."}
            ),
        ),
    }

    def __init__(self) -> None:
        self._buckets = buckets.Buckets()
        self._jobs = jobs.Jobs(self._buckets)

    def check_key(self, request: Request, key: str) -> None:
        if not request.route.startswith(buckets.AT):
            signed.check_key(request, key)

    def read(self, request: Request) -> Call | Answer | Within:
        if request.route.startswith(buckets.AT):
            return self._buckets.read(request)
        signed.check_form(request)
        if (request.method, request.route) in jobs.ROUTES:
            return self._jobs.read(request)
        if len(request.body) > MOST_BYTES:
            raise Problem("too large", "Member must have length less than or equal to 25000000")
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            raise Problem("invalid", "The provided content type is invalid or not supported for this model.")
        model = request.parts["model"]
        check_model(model)
        family = CONVERSED if request.route.endswith("/converse") else _invoked(model)
        call = family.read(stem(model), request.body)
        return replace(call, model=model, more={**call.more, "family": family})

    def say(self, call: Call, made: Made) -> Answer:
        family: Family = call.more["family"]
        counted = {
            "X-Amzn-Bedrock-Input-Token-Count": str(made.tokens_in),
            "X-Amzn-Bedrock-Output-Token-Count": str(made.tokens_out),
            "X-Amzn-Bedrock-Invocation-Latency": "5",
        }
        return Answer(family.say(call, made), headers=counted)

    def tell(self, problem: Problem, call: Call | None) -> Answer:
        if "said" in problem.more:
            return Answer(problem.more["said"])
        if call and problem.trouble == "refused" and "family" in call.more:
            said = call.more["family"].refuse(call, problem)
            if said is not None:
                return Answer(said)
        known = NAMES[problem.trouble]
        name = problem.more.get("name", known.name)
        status = 404 if name in ("ResourceNotFoundException", "NoSuchKey") else known.status
        body: dict[str, Any] = {"message": problem.message}
        if name == "ModelErrorException":
            body |= {"originalStatusCode": 500, "resourceName": "model"}
        headers = {"x-amzn-ErrorType": f"{name}:http://internal.amazon.com/coral/com.amazon.bedrock/"}
        return Answer(body, status, headers | _wait(problem.wait))


def _invoked(model: str) -> Family:
    known = stem(model)
    for family in INVOKED:
        if known.startswith(family.begins):
            return family
    raise Problem("invalid", f"{model} is only conversed with here")


def _wait(seconds: float | None) -> dict[str, str]:
    """How AWS says when to come again: in milliseconds, if it says it at all."""
    return {} if seconds is None else {"x-amz-retry-after": str(ceil(seconds * 1000))}
