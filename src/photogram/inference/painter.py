"""A pipeline of diffusers: it draws, makes variations of pictures, and paints where a mask is white."""

import inspect
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from photogram.data import Ask, Draw, Edit, Facts, Picture, Reply, Usage
from photogram.faults import BadInput, Invalid, ModelError, Refused
from photogram.inference.bench import SETTINGS, Bench, Job, library
from photogram.inference.running import check_going, number, picture_of, run, running
from photogram.pixels import codecs, masks, tiles
from photogram.pixels.codecs import Pixels
from photogram.pixels.masks import Area
from photogram.pixels.tiles import Fit


class Sketch(NamedTuple):
    """What one picture is to be: in words, in numbers, and from which picture."""

    role: Literal["draw", "vary", "inpaint"]
    prompt: str
    negative: str
    seed: int
    width: int
    height: int
    steps: int
    guidance: float | None
    strength: float | None = None
    shape: tuple[int, ...] = ()
    fit: Fit | None = None
    picture: Any = None
    mask: Any = None


class Painter:
    """A pipeline of diffusers: it draws, makes a variation of a picture, or paints where a mask is white."""

    def __init__(self, job: Job, bench: Bench) -> None:
        self._job, self.bench = job, bench
        self._diffusers = library("diffusers")
        library("transformers")
        self._pipes: dict[str, Any] = {}
        self._pipes[job.weights.architecture] = self._diffusers.DiffusionPipeline.from_pretrained(
            str(job.weights.folder),
            dtype=bench.dtype,
            variant=job.weights.variant or None,
            use_safetensors=True,
            local_files_only=True,
        ).to(bench.device)

    def run(self, asks: Sequence[Ask]) -> list[Reply | ModelError]:
        return run(asks, self._sketch, _brush, self._paint)

    # ------------------------------------------------------------------- one ask

    def _sketch(self, ask: Ask) -> Sketch:
        assert isinstance(ask, (Draw, Edit))
        card, how = self._job.card, self._job.how
        steps, guidance = number(ask, "steps", 1), number(ask, "guidance", 0)
        sketch = Sketch(
            role="draw",
            prompt=ask.prompt,
            negative="",
            seed=crc32(msgspec.json.encode(ask)) if ask.seed is None else ask.seed,
            width=0,
            height=0,
            steps=int(steps or how.steps),
            guidance=how.guidance if guidance is None else guidance,
        )
        if isinstance(ask, Edit):
            return self._edit(ask, sketch)
        width, height = (ask.width, ask.height) if ask.width else card.sizes.default
        return sketch._replace(width=width, height=height, negative=ask.negative)

    def _edit(self, ask: Edit, sketch: Sketch) -> Sketch:
        """The picture at a size the model takes, never stretched; to erase is to paint nothing at all."""
        rgb = picture_of(self._job.read, ask.images["image"])
        tall, wide = rgb.shape[:2]
        try:
            fit = tiles.plan(wide, tall, Area(0, 0, wide, tall), self._job.card.sizes)
            region = masks.read(self._job.read(ask.mask), wide, tall) if ask.mask else None
        except BadInput as error:
            raise Invalid(str(error)) from None
        if region is None and ask.kind != "vary":
            raise Invalid(f"{self._job.card.name}: to {ask.kind} takes a mask")
        return sketch._replace(
            role="vary" if region is None else "inpaint",
            prompt="" if ask.kind == "erase" else ask.prompt,
            width=fit.width,
            height=fit.height,
            strength=ask.strength,
            shape=rgb.shape,
            fit=fit,
            picture=Image.fromarray(tiles.cut(rgb, fit)),
            mask=None if region is None else Image.fromarray(tiles.cut_mask(region, fit)),
        )

    # ------------------------------------------------------------------ a group

    def _paint(self, group: Sequence[Sketch]) -> list[Reply | ModelError]:
        first = group[0]
        pipe = self._pipe(first.role)
        knows = inspect.signature(pipe.__call__).parameters
        scale = weight_of_prompt(knows)
        guidance = first.guidance if first.guidance is not None else scale and knows[scale].default
        steps = first.steps or knows["num_inference_steps"].default
        self._check_steps(steps, first.strength)
        heeds = bool(guidance and guidance > 1) and heeds_negative(knows)
        call: dict[str, Any] = {
            "prompt": [sketch.prompt for sketch in group],
            "negative_prompt": [sketch.negative for sketch in group] if first.negative and heeds else None,
            "image": [sketch.picture for sketch in group] if first.picture else None,
            "mask_image": [sketch.mask for sketch in group] if first.mask else None,
            "width": first.width,
            "height": first.height,
            "num_inference_steps": steps,
            "strength": first.strength,
            "generator": [self._dice(sketch.seed) for sketch in group],
            "output_type": "np",
            "callback_on_step_end": self._step,
            **({scale: guidance} if scale else {}),
        }
        call = {name: value for name, value in call.items() if name in knows and value is not None}
        with running(self._job), self.bench.torch.inference_mode():
            painted = pipe(**call)
        made: Facts = {
            "pipeline": type(pipe).__name__,
            "steps": steps,
            "guidance": guidance,
            **self.bench.facts,
        }
        if first.negative and not heeds:
            made["not_understood"] = ["negative"]
        unsafe = getattr(painted, "nsfw_content_detected", None) or [False] * len(group)
        return [
            self._reply(sketch, image, made, bool(flag))
            for sketch, image, flag in zip(group, painted.images, unsafe, strict=True)
        ]

    def _check_steps(self, steps: int, strength: float | None) -> None:
        if strength is not None and int(steps * strength) < 1:
            said = f"{self._job.card.name}: a strength of {strength:g} leaves none of {steps} steps"
            raise Invalid(said, do="give more of either")

    def _reply(
        self, sketch: Sketch, image: npt.NDArray[np.floating], made: Facts, unsafe: bool
    ) -> Reply | ModelError:
        name = self._job.card.name
        if unsafe:
            said = f"{name}: its own safety checker blackened the picture"
            return Refused(said, code="safety_checker", stage="output", do="another seed may pass")
        if not np.isfinite(image).all():
            kind = self.bench.facts["dtype"]
            return Invalid(f"{name} came to no numbers in {kind}", do=f"set another dtype in {SETTINGS}")
        rgb = np.asarray((image * 255).round().clip(0, 255), np.uint8)
        if sketch.fit:
            rgb = _trimmed(rgb, sketch.fit, sketch.shape)
        facts = {"maker": self._job.card.edition, "seed": sketch.seed, **made, **self.bench.facts}
        return Picture(images=(codecs.encode_png(rgb),), made=facts, usage=Usage(images=1))

    def _pipe(self, role: str) -> Any:
        """The pipeline for a role; all of them share the same weights."""
        base = self._job.weights.architecture
        name = sibling(base, role)
        if name not in self._pipes:
            made = getattr(self._diffusers, name).from_pipe(self._pipes[base], dtype=self.bench.dtype)
            self._pipes[name] = made
        self._pipes[name].set_progress_bar_config(disable=True)
        return self._pipes[name]

    def _dice(self, seed: int) -> Any:
        """Noise of its own for each picture, drawn by the processor: the same on every device."""
        return self.bench.torch.Generator("cpu").manual_seed(seed)

    def _step(self, pipe: Any, step: int, moment: Any, state: dict[str, Any]) -> dict[str, Any]:
        check_going(self._job)
        return state


def _brush(sketch: Sketch) -> Hashable:
    """Sketches are painted together where this is the same."""
    numbers = (sketch.width, sketch.height, sketch.steps, sketch.guidance, sketch.strength)
    return sketch.role, numbers, bool(sketch.negative)


def sibling(architecture: str, role: str) -> str:
    """The class of the same family of pipelines that plays a role."""
    if role == "draw" or re.search(r"(Img2Img|Inpaint|Fill)Pipeline$", architecture):
        return architecture
    return (
        architecture.removesuffix("Pipeline") + {"vary": "Img2Img", "inpaint": "Inpaint"}[role] + "Pipeline"
    )


def weight_of_prompt(knows: Mapping[str, inspect.Parameter]) -> str:
    """What a pipeline calls the weight of its prompt: where two are known, the one that is in use."""
    own = knows.get("true_cfg_scale")
    if own is not None and own.default > 1:
        return "true_cfg_scale"
    return "guidance_scale" if "guidance_scale" in knows else ""


def heeds_negative(knows: Mapping[str, inspect.Parameter]) -> bool:
    own = knows.get("true_cfg_scale")
    return "negative_prompt" in knows and (own is None or own.default > 1)


def _trimmed(tile: Pixels, fit: Fit, shape: tuple[int, ...]) -> Pixels:
    """The tile without what was reflected at the edges of the picture."""
    above, below, left, right = (round(pixels * fit.scale) for pixels in fit.padding(shape))
    return np.ascontiguousarray(tile[above : tile.shape[0] - below, left : tile.shape[1] - right])
