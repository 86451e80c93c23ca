"""Google's models that look at pictures and answer in words or in JSON."""

from collections.abc import Mapping
from typing import Any, cast

from photogram.simulator.call import Call, Problem, check_schema
from photogram.simulator.tongues.gemini.fields import Generate, check_thinking, words_and_pictures

SEERS: Mapping[str, tuple[str, ...]] = {
    "gemini-3.5-flash-lite": ("minimal", "low", "medium", "high"),
    "gemini-3.1-flash-lite": ("minimal", "low", "medium", "high"),
    "gemini-3.8-flash": ("low", "medium", "high"),
    "gemini-2.5-flash-lite": (),
    "gemini-2.5-flash": (),
}
_DETAIL = {
    "": 1120,
    "MEDIA_RESOLUTION_LOW": 280,
    "MEDIA_RESOLUTION_MEDIUM": 560,
    "MEDIA_RESOLUTION_HIGH": 1120,
}


def read(model: str, body: Generate) -> Call:
    """The question that is asked."""
    config = body.generation_config
    if "IMAGE" in config.response_modalities or config.image_config:
        raise Problem("invalid", "This model only supports text output.")
    if config.media_resolution not in _DETAIL:
        raise Problem("invalid", f"Invalid value at 'media_resolution': {config.media_resolution}")
    json = config.response_mime_type == "application/json"
    if config.response_schema is not None and config.response_json_schema is not None:
        raise Problem("invalid", "Only one of response_schema and response_json_schema may be set.")
    schema = config.response_json_schema or _plain(config.response_schema)
    if schema and not json:
        raise Problem("invalid", "A response schema needs response_mime_type application/json.")
    if schema:
        check_schema(schema, "response_schema")
    check_thinking(model, config, SEERS[model])
    prompt, pictures = words_and_pictures(body.contents, 3_000)
    system = [part.text or "" for part in body.system_instruction.parts] if body.system_instruction else []
    return Call(
        kind="see",
        model=model,
        prompt="\n".join([*system, prompt]),
        pictures=pictures,
        schema=(schema or {}) if json else None,
        most_tokens=config.max_output_tokens,
        seed=config.seed,
        pictures_in=_DETAIL[config.media_resolution] * len(pictures),
    )


def _plain(schema: Any) -> Any:
    """Google's older form of a schema, whose types are in capitals, as JSON Schema."""
    if isinstance(schema, list):
        return [_plain(item) for item in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    fields = {name: _plain(inner) for name, inner in cast(dict[str, Any], schema).items()}
    return {**fields, "type": kind.lower()} if isinstance(kind := fields.get("type"), str) else fields
