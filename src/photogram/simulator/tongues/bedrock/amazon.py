"""Amazon's image models, Titan and Nova Canvas: one form of body with a task, and rules of each model."""

from base64 import b64encode
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
import numpy as np
from msgspec import Meta, Struct, field

from photogram.data import EditKind
from photogram.pixels.codecs import Header, Pixels, decode, decode_whole
from photogram.simulator.call import Call, Made, Problem, read_base64, read_json, read_picture

KINDS = ("image/png", "image/jpeg")
TITAN_SIZES = {
    *((1024, 1024), (768, 768), (512, 512), (768, 1152), (384, 576), (1152, 768), (576, 384)),
    *((768, 1280), (384, 640), (1280, 768), (640, 384), (896, 1152), (448, 576), (1152, 896), (576, 448)),
    *((768, 1408), (384, 704), (1408, 768), (704, 384), (640, 1408), (320, 704), (1408, 640), (704, 320)),
    *((1152, 640), (1173, 640)),
}
Share = Annotated[float, Meta(ge=0, le=1)]
Similar = Annotated[float, Meta(ge=0.2, le=1)]
Text = Annotated[str, Meta(min_length=1)]
Colour = Annotated[str, Meta(pattern="^#[0-9A-Fa-f]{6}$")]
Switch = Literal["ON", "OFF", "DEFAULT"]
Shape = Literal["CONTOUR", "BOUNDING_BOX", "DEFAULT"]
Style = Literal[
    "3D_ANIMATED_FAMILY_FILM",
    "DESIGN_SKETCH",
    "FLAT_VECTOR_ILLUSTRATION",
    "GRAPHIC_NOVEL_ILLUSTRATION",
    "MAXIMALISM",
    "MIDCENTURY_RETRO",
    "PHOTOREALISM",
    "SOFT_DIGITAL_PAINTING",
]
Garment = Literal[
    "UPPER_BODY",
    "LOWER_BODY",
    "FULL_BODY",
    "FOOTWEAR",
    "LONG_SLEEVE_SHIRT",
    "SHORT_SLEEVE_SHIRT",
    "NO_SLEEVE_SHIRT",
    "OTHER_UPPER_BODY",
    "LONG_PANTS",
    "SHORT_PANTS",
    "OTHER_LOWER_BODY",
    "LONG_DRESS",
    "SHORT_DRESS",
    "FULL_BODY_OUTFIT",
    "OTHER_FULL_BODY",
    "SHOES",
    "BOOTS",
    "OTHER_FOOTWEAR",
]


class _Config(Struct, forbid_unknown_fields=True):
    numberOfImages: Annotated[int, Meta(ge=1, le=5)] = 1
    width: int = 0
    height: int = 0
    quality: Literal["standard", "premium"] = "standard"
    cfgScale: Annotated[float, Meta(ge=1.1, le=10)] = 6.5
    seed: Annotated[int, Meta(ge=0, le=2_147_483_646)] = 12


class _TextParams(Struct, forbid_unknown_fields=True):
    text: Text
    negativeText: Text | None = None
    conditionImage: str | None = None
    controlMode: Literal["CANNY_EDGE", "SEGMENTATION"] | None = None
    controlStrength: Share | None = None
    style: Style | None = None


class _ColourParams(Struct, forbid_unknown_fields=True):
    text: Text
    colors: Annotated[list[Colour], Meta(min_length=1, max_length=10)]
    negativeText: Text | None = None
    referenceImage: str | None = None


class _VaryParams(Struct, forbid_unknown_fields=True):
    images: Annotated[list[str], Meta(min_length=1, max_length=5)]
    text: Text | None = None
    negativeText: Text | None = None
    similarityStrength: Similar = 0.7


class _InParams(Struct, forbid_unknown_fields=True):
    image: str
    maskPrompt: Text | None = None
    maskImage: str | None = None
    text: Text | None = None
    negativeText: Text | None = None
    returnMask: bool = False


class _OutParams(_InParams, forbid_unknown_fields=True):
    outPaintingMode: Literal["DEFAULT", "PRECISE"] = "DEFAULT"


class _BackgroundParams(Struct, forbid_unknown_fields=True):
    image: str


class _ByImage(Struct, forbid_unknown_fields=True):
    maskImage: str


class _Styling(Struct, forbid_unknown_fields=True):
    longSleeveStyle: Literal["SLEEVE_DOWN", "SLEEVE_UP"] | None = None
    tuckingStyle: Literal["UNTUCKED", "TUCKED"] | None = None
    outerLayerStyle: Literal["CLOSED", "OPEN"] | None = None


class _ByGarment(Struct, forbid_unknown_fields=True):
    garmentClass: Garment
    maskShape: Shape = "DEFAULT"
    garmentStyling: _Styling | None = None


class _ByPrompt(Struct, forbid_unknown_fields=True):
    maskPrompt: Text
    maskShape: Shape = "DEFAULT"


class _Exclusions(Struct, forbid_unknown_fields=True):
    preserveBodyPose: Switch = "DEFAULT"
    preserveHands: Switch = "DEFAULT"
    preserveFace: Switch = "DEFAULT"


class _TryOnParams(Struct, forbid_unknown_fields=True):
    sourceImage: str
    referenceImage: str
    maskType: Literal["IMAGE", "GARMENT", "PROMPT"]
    imageBasedMask: _ByImage | None = None
    garmentBasedMask: _ByGarment | None = None
    promptBasedMask: _ByPrompt | None = None
    maskExclusions: _Exclusions | None = None
    mergeStyle: Literal["BALANCED", "SEAMLESS", "DETAILED"] = "BALANCED"
    returnMask: bool = False


class _Task(Struct, forbid_unknown_fields=True, tag_field="taskType", kw_only=True):
    config: _Config | None = field(default=None, name="imageGenerationConfig")


class _Draw(_Task, tag="TEXT_IMAGE"):
    params: _TextParams = field(name="textToImageParams")


class _Colour(_Task, tag="COLOR_GUIDED_GENERATION"):
    params: _ColourParams = field(name="colorGuidedGenerationParams")


class _Vary(_Task, tag="IMAGE_VARIATION"):
    params: _VaryParams = field(name="imageVariationParams")


class _In(_Task, tag="INPAINTING"):
    params: _InParams = field(name="inPaintingParams")


class _Out(_Task, tag="OUTPAINTING"):
    params: _OutParams = field(name="outPaintingParams")


class _Background(_Task, tag="BACKGROUND_REMOVAL"):
    params: _BackgroundParams = field(name="backgroundRemovalParams")


class _TryOn(_Task, tag="VIRTUAL_TRY_ON"):
    params: _TryOnParams = field(name="virtualTryOnParams")


_Body = _Draw | _Colour | _Vary | _In | _Out | _Background | _TryOn


class _Rules(NamedTuple):
    """What one of the two models forbids that the other does not."""

    nova: bool
    most_text: int


def read(model: str, body: bytes) -> Call:
    """A picture to make or to change, by the task."""
    rules = _Rules(True, 1024) if model.startswith("amazon.nova-canvas") else _Rules(False, 512)
    asked = read_json(body, cast("type[_Body]", _Body))
    _check_texts(asked, rules)
    config = asked.config or _Config()
    _check_config(asked, config, rules)
    call = _call(asked, config, rules)
    return msgspec.structs.replace(
        call,
        negative=getattr(asked.params, "negativeText", None) or "",
        seed=config.seed if asked.config else None,
        count=config.numberOfImages,
        quality=config.quality,
        more={"mask": call.mask if getattr(asked.params, "returnMask", False) else None},
    )


def _check_texts(asked: _Body, rules: _Rules) -> None:
    for name in ("text", "negativeText", "maskPrompt"):
        text = getattr(asked.params, name, None) or ""
        if len(text) > rules.most_text:
            found = f"expected maxLength: {rules.most_text}, actual: {len(text)}"
            raise _malformed(f"#/{name}: {found}")
    if not rules.nova and (isinstance(asked, _TryOn) or getattr(asked.params, "style", None)):
        raise _malformed("#: extraneous key is not permitted")


def _check_config(asked: _Body, config: _Config, rules: _Rules) -> None:
    sized = bool(config.width or config.height)
    if isinstance(asked, _Background):
        if asked.config:
            raise _malformed("#: extraneous key [imageGenerationConfig] is not permitted")
        return
    if isinstance(asked, _In | _Out | _TryOn):
        if sized and rules.nova:
            raise _malformed("#/imageGenerationConfig: extraneous key [width] is not permitted")
        return
    if sized and not _is_size(config.width, config.height, rules):
        raise Problem("invalid", f"Provided size {config.width}x{config.height} is not supported.")


def _is_size(width: int, height: int, rules: _Rules) -> bool:
    if not rules.nova:
        return (width, height) in TITAN_SIZES
    short, long = sorted((width, height))
    stepped = width % 16 == 0 and height % 16 == 0
    return stepped and short >= 320 and long <= 4096 and long <= 4 * short and width * height < 4_194_304


def _malformed(why: str) -> Problem:
    return Problem("invalid", f"Malformed input request: {why}, please reformat your input and try again.")


# ------------------------------------------------------------------------------ tasks


def _call(asked: _Body, config: _Config, rules: _Rules) -> Call:
    size = (config.width or 1024, config.height or 1024)
    if isinstance(asked, _Draw | _Colour):
        given = asked.params.conditionImage if isinstance(asked, _Draw) else asked.params.referenceImage
        pictures = (_picture(given, "image", rules)[0],) if given else ()
        return _made("draw", asked.params.text, pictures, width=size[0], height=size[1])
    if isinstance(asked, _Vary):
        pictures = tuple(_picture(text, "images", rules)[0] for text in asked.params.images)
        return _made("edit", asked.params.text or "", pictures, edit="vary", width=size[0], height=size[1])
    if isinstance(asked, _TryOn):
        return _try_on(asked.params, rules)
    image, header = _picture(asked.params.image, "image", rules)
    if isinstance(asked, _Background):
        return _made("edit", "", (image,), edit="remove background")
    mask = _one_mask(asked.params, header, black=isinstance(asked, _In))
    if isinstance(asked, _Out):
        if not asked.params.text:
            raise _malformed("#/outPaintingParams: required key [text] not found")
        return _made("edit", asked.params.text, (image,), edit="outpaint", mask=mask)
    kind: EditKind = "inpaint" if asked.params.text else "erase"
    words = "\n".join(filter(None, [asked.params.text, asked.params.maskPrompt]))
    return _made("edit", words, (image,), edit=kind, mask=mask)


def _made(kind: Literal["draw", "edit"], prompt: str, pictures: tuple[bytes, ...], **more: Any) -> Call:
    return Call(kind=kind, model="", prompt=prompt, pictures=pictures, **more)


def _try_on(asked: _TryOnParams, rules: _Rules) -> Call:
    source, header = _picture(asked.sourceImage, "sourceImage", rules)
    garment, _ = _picture(asked.referenceImage, "referenceImage", rules)
    branches = {"IMAGE": asked.imageBasedMask, "GARMENT": asked.garmentBasedMask}
    branches["PROMPT"] = asked.promptBasedMask  # pyright: ignore[reportArgumentType]
    given = [name for name, branch in branches.items() if branch is not None]
    if given != [asked.maskType]:
        raise _malformed(f"#/virtualTryOnParams: maskType {asked.maskType} needs its own mask and no other")
    mask = None
    if asked.imageBasedMask:
        mask = _mask(asked.imageBasedMask.maskImage, header, black=True)
    return _made("edit", "", (source, garment), edit="try on", mask=mask)


def _one_mask(asked: _InParams, header: Header, *, black: bool) -> Pixels | None:
    if (asked.maskImage is None) == (asked.maskPrompt is None):
        raise _malformed("#: exactly one of [maskImage, maskPrompt] is needed")
    return _mask(asked.maskImage, header, black=black) if asked.maskImage else None


def _mask(text: str, picture: Header, *, black: bool) -> Pixels:
    """255 where the change goes: what is black, or else what is white."""
    data = read_base64(text, "maskImage")
    header = read_picture(data, "maskImage", KINDS)
    if (header.width, header.height) != (picture.width, picture.height):
        raise Problem("invalid", "The mask image must have the same dimensions as the input image.")
    rgb = decode(data)
    if not (((rgb == 0) | (rgb == 255)).all() and (rgb[..., 0] == rgb[..., 1]).all()):
        raise Problem("invalid", "The mask image must contain only pure black and pure white pixels.")
    return np.asarray(255 - rgb[..., 0] if black else rgb[..., 0], np.uint8)


def _picture(text: str, name: str, rules: _Rules) -> tuple[bytes, Header]:
    data = read_base64(text, name)
    header = read_picture(data, name, KINDS)
    long = max(header.width, header.height)
    most = 4096 if rules.nova else 1408
    if long > most or (rules.nova and min(header.width, header.height) < 320):
        raise Problem("invalid", f"The {name} must have sides between 320 and {most} pixels.")
    whole = decode_whole(data)
    if whole.shape[2] == 4 and whole[..., 3].min() < whole[..., 3].max():
        raise Problem("invalid", f"The {name} must not have transparent pixels.")
    return data, header


# ------------------------------------------------------------------------- answering


def say(call: Call, made: Made) -> dict[str, Any]:
    """The pictures; fewer of them, and why, where some were withheld."""
    withheld = "Some of the generated images have been blocked by our content filters."
    said: dict[str, Any] = {
        "images": [b64encode(image).decode() for image in made.pictures],
        "error": withheld if made.withheld else None,
    }
    return said


def refuse(_: Call, problem: Problem) -> dict[str, Any] | None:
    """What came out is withheld with a 200; what went in is refused with a 400."""
    if problem.stage != "output":
        return None
    return {"images": [], "error": "All of the generated images have been blocked by our content filters."}
