"""A model of transformers that looks at pictures and answers in words."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from PIL import Image

from photogram.data import Ask, Reply, Said, See, Usage
from photogram.faults import ModelError
from photogram.inference.bench import Bench, Job, library
from photogram.inference.running import check_going, number, picture_of, run, running
from photogram.pixels import codecs

LONGEST_ANSWER = 1024
"""Tokens after which an answer is cut off, where nothing else is said."""


class Question(NamedTuple):
    """Pictures, and what is asked about them."""

    pictures: list[Any]
    text: str
    tokens: int


class Viewer:
    """A model of transformers that looks at pictures and answers in words, always with its likeliest ones."""

    def __init__(self, job: Job, bench: Bench) -> None:
        self._job, self.bench = job, bench
        transformers = library("transformers")
        where = {"pretrained_model_name_or_path": str(job.weights.folder), "local_files_only": True}
        self._processor = transformers.AutoProcessor.from_pretrained(**where)
        self._processor.tokenizer.padding_side = "left"  # answers go on where the questions end
        if self._processor.tokenizer.pad_token is None:
            self._processor.tokenizer.pad_token = self._processor.tokenizer.eos_token
        self._model = transformers.AutoModelForImageTextToText.from_pretrained(
            **where, dtype=bench.dtype, use_safetensors=True, variant=job.weights.variant or None
        ).to(bench.device)

    def run(self, asks: Sequence[Ask]) -> list[Reply | ModelError]:
        return run(asks, self._question, lambda question: question.tokens, self._say)

    def _question(self, ask: Ask) -> Question:
        assert isinstance(ask, See)
        side = self._job.card.sight.most_side
        pictures = [picture_of(self._job.read, blob) for blob in ask.images]
        small = [codecs.shrink(rgb, *codecs.fit(rgb.shape[1], rgb.shape[0], side)) for rgb in pictures]
        tokens = number(ask, "tokens", 1) or self._job.how.tokens or LONGEST_ANSWER
        return Question([Image.fromarray(rgb) for rgb in small], told(ask), int(tokens))

    def _say(self, group: Sequence[Question]) -> list[Reply | ModelError]:
        with running(self._job), self.bench.torch.inference_mode():
            given = self._processor.apply_chat_template(
                [_conversation(question) for question in group],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                processor_kwargs={"padding": True},
            ).to(self.bench.device, dtype=self.bench.dtype)
            chances = dict.fromkeys(("temperature", "top_p", "top_k"))  # none: the likeliest word each time
            said = self._model.generate(
                **given,
                max_new_tokens=group[0].tokens,
                do_sample=False,
                stopping_criteria=[self._going],
                **chances,
            )[:, given["input_ids"].shape[1] :]
            texts = self._processor.batch_decode(said, skip_special_tokens=True)
        asked = given["attention_mask"].sum(dim=1).tolist()
        blank = self._processor.tokenizer.pad_token_id
        answered = (said != blank).sum(dim=1).tolist()
        return [
            Said(text=text.strip(), data=_data(text), usage=Usage(tokens_in=heard, tokens_out=spoken))
            for text, heard, spoken in zip(texts, asked, answered, strict=True)
        ]

    def _going(self, ids: Any, scores: Any, **_: Any) -> Any:
        """Asked by the library after each word whether to end."""
        check_going(self._job)
        return self.bench.torch.zeros(len(ids), dtype=self.bench.torch.bool, device=ids.device)


def told(ask: See) -> str:
    """The whole question in words: these models know no other way to be given a schema."""
    parts = [ask.prompt] if ask.prompt else []
    if ask.schema:
        schema = msgspec.json.encode(ask.schema, order="deterministic").decode()
        parts.append(
            f"Answer with one JSON object that follows this schema, and with nothing else:\n{schema}"
        )
    if ask.complaint:
        parts.append(
            f"Your last answer could not be used: {ask.complaint}. Answer again, without that mistake."
        )
    return "\n\n".join(parts)


def _conversation(question: Question) -> list[dict[str, Any]]:
    shown = [{"type": "image", "image": picture} for picture in question.pictures]
    return [{"role": "user", "content": [*shown, {"type": "text", "text": question.text}]}]


def _data(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
