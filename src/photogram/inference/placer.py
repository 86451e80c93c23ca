"""A model of transformers that gives pictures and texts their places in one space, as vectors of length 1."""

from collections.abc import Sequence
from typing import Any

from PIL import Image

from photogram.data import Ask, Embed, Point, Reply
from photogram.faults import Invalid, ModelError
from photogram.inference.bench import Bench, Job, library
from photogram.inference.running import picture_of, run, running


class Placer:
    """A model of transformers that gives pictures and texts places in one space, as vectors of length 1."""

    def __init__(self, job: Job, bench: Bench) -> None:
        self._job, self.bench = job, bench
        transformers = library("transformers")
        where = {"pretrained_model_name_or_path": str(job.weights.folder), "local_files_only": True}
        self._processor = transformers.AutoProcessor.from_pretrained(**where)
        self._model = transformers.AutoModel.from_pretrained(
            **where, dtype=bench.dtype, use_safetensors=True, variant=job.weights.variant or None
        ).to(bench.device)
        # CLIP was taught texts as long as they are, SigLIP texts filled up to its longest.
        self._longest = int(self._model.config.text_config.max_position_embeddings)
        filled = {"padding": "max_length", "max_length": self._longest}
        self._padding = filled if job.card.family.startswith("Siglip") else {"padding": True}

    def run(self, asks: Sequence[Ask]) -> list[Reply | ModelError]:
        return run(asks, self._shown, type, self._places)

    def _shown(self, ask: Ask) -> Any:
        assert isinstance(ask, Embed)
        if ask.image:
            return Image.fromarray(picture_of(self._job.read, ask.image))
        if not ask.text.strip():
            raise Invalid(f"{self._job.card.name}: there is neither a picture nor a text")
        tokens = len(self._processor.tokenizer(ask.text)["input_ids"])
        if tokens > self._longest:
            said = f"{self._job.card.name} reads {self._longest} tokens, and this text has {tokens}"
            raise Invalid(said, do="shorten it: what is cut off would not be found")
        return ask.text

    def _places(self, group: Sequence[Any]) -> list[Reply | ModelError]:
        with running(self._job), self.bench.torch.inference_mode():
            if isinstance(group[0], str):
                given = self._processor(text=list(group), return_tensors="pt", **self._padding)
                find = self._model.get_text_features
            else:
                given = self._processor(images=list(group), return_tensors="pt")
                find = self._model.get_image_features
            found = find(**given.to(self.bench.device, dtype=self.bench.dtype)).pooler_output.float()
            vectors = (found / found.norm(dim=-1, keepdim=True)).cpu().tolist()
        return [Point(vector=tuple(vector)) for vector in vectors]
