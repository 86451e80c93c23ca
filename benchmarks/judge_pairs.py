"""What the keyless judge notices: every picture of the stories against its own prompt and all the others.

    python benchmarks/judge_pairs.py [--seeds 3]

A pair is a picture with the prompt it was drawn from and one of another picture with other facts. The right
prompt must score higher; `level` pairs score alike, and of `untold` ones neither, or only one, has a score.
"""

import argparse
from collections import Counter

from common import verdict
from msgspec.structs import replace

from photogram import planning, stories
from photogram.data import Row
from photogram.pixels.answers import View, answer
from photogram.pixels.codecs import decode, encode_jpeg
from photogram.pixels.draw.paint import paint
from photogram.questions import questions_of
from photogram.reading.parse import parse

STORIES = ("inspection", "buildings", "scenes", "traffic")
KINDS = ("above", "level", "below", "untold")


def rows(story: str, seed: int) -> list[Row]:
    brief = parse(stories.text(story))
    return list(planning.rows(replace(brief, dataset=replace(brief.dataset, seed=seed)), {}))


def seen(row: Row) -> View:
    return View(decode(encode_jpeg(paint(row.facts, 1024, 768, row.seed or 0, row.prompt).rgb)))


def mark(picture: View, row: Row) -> float | None:
    answers = [answer(picture, one.text).holds for one in questions_of(row, {})]
    told = [one for one in answers if one is not None]
    return sum(told) / len(told) if told else None


def kind(right: float | None, wrong: float | None) -> str:
    if right is None or wrong is None:
        return "untold"
    return "above" if right > wrong else "level" if right == wrong else "below"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seeds", type=int, default=3)
    seeds = range(words.parse_args().seeds)
    below = 0
    print(f"{'story':<12}{'label':<12}{'against':<16}" + "".join(f"{name:>9}" for name in KINDS))
    for seed in seeds:
        every = {story: rows(story, seed) for story in STORIES}
        counts: dict[tuple[str, str, str], Counter[str]] = {}
        for story, own in every.items():
            for row in own:
                picture = seen(row)
                right = mark(picture, row)
                for other_story, others in every.items():
                    against = "its own story" if other_story == story else "other stories"
                    found = counts.setdefault((story, row.label, against), Counter())
                    wrong = (other for other in others if other.facts != row.facts)
                    found.update(kind(right, mark(picture, other)) for other in wrong)
        print(f"seed {seed}")
        for (story, label, against), found in counts.items():
            total = found.total() or 1
            shares = "".join(f"{found[name] / total:9.1%}" for name in KINDS)
            print(f"{story:<12}{label:<12}{against:<16}{shares}")
            below += found["below"]
    verdict(f"{below} pairs in which a wrong prompt scores higher", "0", not below)


if __name__ == "__main__":
    main()
