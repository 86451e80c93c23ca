"""Story 002 without a key: drawn cars found by a description and by a picture, after a fit to 6,000 of them.

    python benchmarks/cars_by_words.py

A gallery of 500 pictures that the fit has not seen, once of combinations of colour, model, view and place
that it has seen in other pictures, once of combinations that it never saw. Right is one of the same four.
"""

import sys
from itertools import product
from multiprocessing import Pool
from random import Random

import numpy as np
from common import title, verdict

from photogram.builds import recall
from photogram.finding import fitted
from photogram.pixels.descriptor import descriptor
from photogram.pixels.draw.paint import paint

LEARNT, GALLERY, SIZE = 6000, 500, (128, 96)
COLOURS = ["white", "silver", "black", "red", "blue", "green", "yellow"]
MODELS = {
    "Brisa": ("Arvelo", "hatchback"),
    "Corsair": ("Arvelo", "sedan"),
    "Fjell": ("Nordvik", "wagon"),
    "Ran": ("Nordvik", "pickup"),
    "Sora": ("Tamaru", "suv"),
}
VIEWS = ["from the front left", "from the side", "from the rear right", "from the rear"]
PLACES = ["on a street", "in a car park", "on a country road", "on a motorway at dusk", "on a coast road"]
CAPTIONS = [
    "a {color} {make} {model}, a {car_type}, {view}, {background}",
    "{background}: a {color} {car_type} by {make}, seen {view}",
    "photo of a {car_type} in {color}, {background}, {view}, {make} {model}",
]


def main() -> bool:
    title(9, f"cars by words and by pictures, fitted to {LEARNT:,} drawn ones")
    every = list(product(COLOURS, MODELS, VIEWS, PLACES))
    Random(1).shuffle(every)
    seen, unseen = every[: len(every) * 3 // 4], every[len(every) * 3 // 4 :]
    chosen = [seen[n % len(seen)] for n in range(LEARNT + GALLERY)]
    chosen += [unseen[n % len(unseen)] for n in range(GALLERY)]
    with Pool(2) as pool:
        vectors = np.stack(pool.map(drawn, enumerate(chosen), chunksize=50))
    captions = [CAPTIONS[n % 3].format(**facts(combination)) for n, combination in enumerate(chosen)]
    looks = fitted.looks(vectors[:LEARNT])
    turned = looks.of(vectors)
    fit = fitted.fit(turned[:LEARNT], captions[:LEARNT])
    placed = fit.of_pictures(turned)
    numbers = {one: number for number, one in enumerate(every)}
    kinds = np.array([numbers[one] for one in chosen])
    rows, met = np.arange(len(chosen)), []
    for name, first in (("seen", LEARNT), ("never seen", LEARNT + GALLERY)):
        held = (rows >= first) & (rows < first + GALLERY)
        truth = recall.Truth(kinds, held, len(every))
        found = recall.by_words("fitted", fit, placed, rows, captions, truth)
        found += recall.by_pictures("fitted", placed, rows, truth)
        found += recall.by_pictures("looks", turned, rows, truth)
        print(f"  combinations {name}:")
        for one in found:
            told = f"R@1 {one.at_1:.3f}  R@5 {one.at_5:.3f}  R@10 {one.at_10:.3f}  chance {one.chance_10:.3f}"
            print(f"    {one.way} ({one.space}): {told}  {one.right:.1f} right of {one.gallery}")
        met.append(verdict(f"R@10 {found[0].at_10:.3f} by words", "≥ 0.85 of 500", found[0].at_10 >= 0.85))
    return all(met)


def facts(combination) -> dict:
    color, model, view, background = combination
    make, car_type = MODELS[model]
    return {
        "color": color,
        "make": make,
        "model": model,
        "car_type": car_type,
        "view": view,
        "background": background,
    }


def drawn(numbered) -> np.ndarray:
    number, combination = numbered
    painted = paint({"surface": "vehicle", **facts(combination)}, *SIZE, number, "")
    return descriptor(painted.rgb)


if __name__ == "__main__":
    sys.exit(not main())
