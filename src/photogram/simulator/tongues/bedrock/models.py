"""Which model ids there are, and by which they can be asked: alone, by a profile, or not any more."""

import re

from photogram.simulator.call import Problem

PROFILES = ("us", "eu", "apac", "jp", "au", "ca", "us-gov", "global")
_ARN = re.compile(r"arn:aws[\w-]*:bedrock:[a-z0-9-]*:\d*:(foundation-model|inference-profile)/(.+)")
_PROFILE = re.compile(rf"({'|'.join(PROFILES)})\.(?=\w+\.)")

PROFILE_ONLY = (
    *("amazon.nova-2-lite", "amazon.nova-premier", "qwen.qwen4"),
    *("anthropic.claude-haiku-4-5", "anthropic.claude-sonnet-4", "anthropic.claude-opus-4"),
    *("anthropic.claude-haiku-5", "anthropic.claude-sonnet-5", "anthropic.claude-opus-5"),
    *("stability.stable-image-inpaint", "stability.stable-image-erase", "stability.stable-outpaint"),
    *("stability.stable-image-search", "stability.stable-image-remove", "stability.stable-image-control"),
    *("stability.stable-image-style", "stability.stable-style", "stability.stable-fast"),
    *("stability.stable-conservative", "stability.stable-creative"),
)
ALONE_ONLY = (
    *("stability.sd3-5", "stability.stable-image-core", "stability.stable-image-ultra"),
    *("amazon.titan", "amazon.nova-2-multimodal", "qwen.qwen3-vl"),
)
ENDED = (
    "amazon.titan-image-generator-v1",
    "anthropic.claude-3-haiku-20240307-v1:0",
    "anthropic.claude-sonnet-4-20250514-v1:0",
)
"""Those that answer nobody any more; the last of Titan, Canvas and Premier some accounts may still ask."""


def stem(model: str) -> str:
    """The model's own id, whatever way it is named by."""
    found = _ARN.fullmatch(model)
    return _PROFILE.sub("", found[2] if found else model, count=1)


def check_model(model: str) -> None:
    """Refuse an id that no model has, or that is not asked for in this way."""
    known, profiled = stem(model), bool(_PROFILE.search(model))
    if not re.fullmatch(r"[a-z0-9-]{1,63}\.[a-z0-9.:-]{1,63}", known):
        raise Problem("no model", "The provided model identifier is invalid.")
    if known in ENDED:
        raise Problem(
            "no model",
            "This model version has reached the end of its life. Please refer to the AWS documentation"
            " for more details.",
            name="ResourceNotFoundException",
        )
    if not profiled and known.startswith(PROFILE_ONLY):
        raise Problem(
            "invalid",
            f"Invocation of model ID {known} with on-demand throughput isn't supported. Retry your request"
            " with the ID or ARN of an inference profile that contains this model.",
        )
    if profiled and known.startswith(ALONE_ONLY):
        raise Problem("no model", "The provided model identifier is invalid.")
