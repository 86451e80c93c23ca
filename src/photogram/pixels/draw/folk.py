"""People as an illustrator cuts them from paper: who they are shows in what they wear and hold.

They have no faces, and so are nobody.
"""

import math
from collections.abc import Callable

import msgspec

from photogram.pixels.draw.canvas import Random
from photogram.pixels.draw.easel import Colour, Stand, darker, lighter, pick, rgb

SKINS = [rgb(code) for code in ("f1cdb0", "e0ac86", "c68a62", "a26a45", "7b4c31", "593724")]
_HAIR = [rgb(code) for code in ("2a211d", "46332a", "6b4a30", "8a6239", "3a3432")]
_GREY = [rgb(code) for code in ("c9c5bf", "aaa6a2", "e4e0da")]
_TOPS = [
    rgb(code)
    for code in ("c8553d", "e0a458", "3d6b78", "5b8e7d", "8c5e82", "d98b73", "4a5a8a", "b7a13f", "7c9a5e")
]
_BELOWS = [rgb(code) for code in ("37435c", "5a4a42", "6d6a5f", "2f3e46", "7a5548")]
_WOOD = rgb("9a6b43")
_CREAM = rgb("f2e8d5")


class Person(msgspec.Struct, frozen=True):
    """What tells one kind of person from another at a distance."""

    tall: float = 1.68
    grey: bool = False
    skirt: bool | None = None
    hat: str = ""
    apron: bool = False
    coat: Colour | None = None
    stick: bool = False
    bag: bool = False


_NAVY, _OIL, _CHALK = rgb("2d3f63"), rgb("d9a72e"), rgb("6f5a86")
_CHILD = Person(tall=1.2)
_PUPIL = Person(tall=1.24, bag=True)
KINDS: dict[str, Person] = {
    "adult": Person(),
    "person": Person(),
    "man": Person(tall=1.74, skirt=False),
    "woman": Person(tall=1.64, skirt=True),
    "neighbour": Person(),
    "friend": Person(),
    "child": _CHILD,
    "girl": Person(tall=1.2, skirt=True),
    "boy": Person(tall=1.2, skirt=False),
    "pupil": _PUPIL,
    "schoolchild": _PUPIL,
    "student": Person(tall=1.6, bag=True),
    "elder": Person(tall=1.6, grey=True, stick=True),
    "vendor": Person(apron=True, hat="straw"),
    "baker": Person(apron=True, hat="toque", coat=_CREAM),
    "fisher": Person(hat="beanie", coat=_OIL, skirt=False),
    "sailor": Person(hat="cap", coat=_NAVY, skirt=False),
    "pilot": Person(hat="cap", coat=_NAVY, skirt=False),
    "conductor": Person(hat="cap", coat=rgb("7d2f36"), skirt=False),
    "teacher": Person(coat=_CHALK),
    "gardener": Person(apron=True, hat="straw", coat=rgb("5b7d55")),
    "traveller": Person(hat="brim", bag=True),
    "farmer": Person(hat="straw", coat=rgb("6f7f4f")),
}
GROUPS: dict[str, tuple[str, ...]] = {
    "family": ("woman", "child", "man", "child"),
    "couple": ("woman", "man"),
    "crowd": (
        "woman",
        "man",
        "elder",
        "adult",
        "child",
        "man",
        "traveller",
        "woman",
        "adult",
        "child",
        "man",
    ),
    "nobody": (),
    "no one": (),
}
_PLURALS = {
    "children": "child",
    "schoolchildren": "schoolchild",
    "men": "man",
    "women": "woman",
    "people": "person",
    "neighbors": "neighbour",
}
_COUNTS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "some": 3,
    "several": 4,
    "many": 9,
}
_SEVERAL = 3
MOST = 12
_PASSED = {"of", "the", "ferry", "train", "station", "school", "bus"}


def called(words: str) -> tuple[tuple[str, ...], bool]:
    """Who is meant by words such as "a teacher and two pupils", and whether all of it was understood."""
    kinds: list[str] = []
    whole = True
    for part in words.lower().replace(",", " and ").split(" and "):
        found, understood = _part(part.split())
        kinds += found
        whole = whole and understood
    return tuple(kinds[:MOST]), whole and len(kinds) <= MOST


def _part(words: list[str]) -> tuple[list[str], bool]:
    """Who one part of the words names, such as "two pupils"."""
    count, elder, group, named, whole = 0, False, "", "", True
    for word in words:
        single = _PLURALS.get(word) or (word if word in KINDS or word in GROUPS else word.removesuffix("s"))
        if word in _COUNTS or word.isdigit():
            count = _COUNTS.get(word) or int(word)
        elif word in ("elderly", "old", "elder", "elders"):
            elder, named = True, named or "elder"
        elif single in GROUPS:
            group, count = single, max(1, count)
        elif single in KINDS:
            named = "elder" if elder else single
            count = count or (_SEVERAL if single != word else 1)
        else:
            whole = whole and word in _PASSED
    if group:
        kinds = ["elder" if elder and kind != "child" else kind for kind in GROUPS[group]]
        return kinds * min(count, MOST), whole
    return [named] * min(count or 1, MOST) if named else [], whole and bool(named) and count <= MOST


# ------------------------------------------------------------------------ one person


class Look(msgspec.Struct, frozen=True):
    """One person's colours and shape, chosen once so that every part agrees."""

    person: Person
    skin: Colour
    hair: Colour
    top: Colour
    below: Colour
    skirt: bool
    long_hair: bool
    facing: bool


def looks(random: Random, kind: str, *, cold: bool = False) -> Look:
    """Somebody of that kind."""
    person = KINDS[kind]
    skirt = bool(random.random() < 0.4) if person.skirt is None else person.skirt
    top = person.coat or pick(random, _TOPS)
    return Look(
        person=person,
        skin=pick(random, SKINS),
        hair=pick(random, _GREY if person.grey else _HAIR),
        top=darker(top, 0.12) if cold else top,
        below=pick(random, _BELOWS),
        skirt=skirt and not cold,
        long_hair=skirt or bool(random.random() < 0.25),
        facing=bool(random.random() < 0.75),
    )


def figure(stand: Stand, look: Look, pose: str, random: Random) -> None:
    """Somebody standing, sitting or holding something, 1 being a grown person's height."""
    unit = look.person.tall / 1.7
    # Children are not small grown people: the head keeps more of its size.
    head = 0.135 * unit**0.45
    seat = {"sit": -0.36, "ground": -0.68}.get(pose, 0.0) * unit
    lean = float(random.uniform(-0.015, 0.015)) * unit
    _legs(stand, look, unit, seat)
    if look.person.bag and not look.facing:
        _arms(stand, look, unit, seat, pose)
    _trunk(stand, look, unit, seat)
    _head(stand, look, unit, seat, head, lean)
    if look.person.bag and not look.facing:
        stand.fill(
            [
                (-0.15 * unit, 0.95 * unit),
                (0.15 * unit, 0.95 * unit),
                (0.15 * unit, 1.32 * unit),
                (-0.15 * unit, 1.32 * unit),
            ],
            darker(look.top, 0.35),
            2,
        )
    else:
        _arms(stand, look, unit, seat, pose)
    if look.person.stick and seat == 0:
        stand.limb([(0.33 * unit, 0.86 * unit), (0.37 * unit, 0.0)], _WOOD, 0.035)


def _legs(stand: Stand, look: Look, unit: float, seat: float) -> None:
    shoe = rgb("3a2f2b")
    bare = look.skin if look.skirt else look.below
    if seat < -0.5 * unit:
        stand.disc(0, 0.11 * unit, 0.34 * unit, 0.12 * unit, look.below)
        return
    for way in (-1, 1):
        x = 0.095 * way * unit
        if seat:
            stand.limb([(x * 1.2, 0.46 * unit), (x * 1.5, 0.07 * unit)], bare, 0.15 * unit)
        else:
            stand.limb([(x * 0.9, 0.8 * unit), (x * 1.05, 0.08 * unit)], bare, 0.145 * unit)
        stand.disc(x * (1.6 if seat else 1.2), 0.045 * unit, 0.085 * unit, 0.05 * unit, shoe)


def _trunk(stand: Stand, look: Look, unit: float, seat: float) -> None:
    high, low = 1.42 * unit + seat, 0.78 * unit + seat
    if look.skirt and seat > -0.5 * unit:
        hem = 0.42 * unit if not seat else 0.36 * unit
        wide = 0.29 * unit
        stand.fill(
            [(-0.16 * unit, low + 0.16 * unit), (0.16 * unit, low + 0.16 * unit), (wide, hem), (-wide, hem)],
            look.below,
            1,
        )
    hip = 0.2 * unit if look.person.coat else 0.175 * unit
    bottom = low - (0.14 * unit if look.person.coat and not seat else 0.02 * unit)
    outline = [
        (-0.2 * unit, high),
        (0.2 * unit, high),
        (0.225 * unit, high - 0.16 * unit),
        (hip, bottom),
        (-hip, bottom),
        (-0.225 * unit, high - 0.16 * unit),
    ]
    stand.fill(outline, look.top, 2)
    stand.fill(
        [
            (0.05 * unit, high - 0.03 * unit),
            (0.2 * unit, high - 0.1 * unit),
            (hip * 0.95, bottom + 0.03),
            (0.09 * unit, bottom + 0.02),
        ],
        darker(look.top, 0.1),
        2,
    )
    if look.person.apron and look.facing:
        apron = [(-0.12, 1.24), (0.12, 1.24), (0.17, 0.56), (-0.17, 0.56)]
        stand.fill([(x * unit, y * unit + seat) for x, y in apron], _CREAM, 1)


def _head(stand: Stand, look: Look, unit: float, seat: float, head: float, lean: float) -> None:
    neck = 1.42 * unit + seat
    y = neck + head * 1.12
    if look.long_hair:
        stand.fill(
            [
                (-head * 1.08 + lean, y + head * 0.5),
                (head * 1.08 + lean, y + head * 0.5),
                (head * 1.2 + lean, y - head * 1.5),
                (-head * 1.2 + lean, y - head * 1.5),
            ],
            darker(look.hair, 0.12),
            2,
        )
    stand.limb([(lean, neck - 0.06 * unit), (lean, neck + 0.06 * unit)], darker(look.skin, 0.12), 0.1 * unit)
    if not look.facing:
        stand.disc(lean, y, head * 0.98, head * 1.14, look.hair)
    else:
        stand.disc(lean, y, head * 0.9, head * 1.1, look.skin)
        cap = [(math.cos(t / 10 * math.pi), math.sin(t / 10 * math.pi)) for t in range(11)]
        top = [(lean + head * 1.0 * cx, y + head * 0.12 + head * 1.06 * cy) for cx, cy in cap]
        fringe = [(lean - head * 0.55, y + head * 0.42), (lean + head * 0.35, y + head * 0.55)]
        stand.fill([*top, *fringe], look.hair)
    hat = _HATS.get(look.person.hat)
    if hat is not None:
        hat(stand, look, lean, y, head)


def _straw(stand: Stand, look: Look, x: float, y: float, head: float) -> None:
    stand.disc(x, y + head * 0.55, head * 1.75, head * 0.34, rgb("d9b56a"))
    stand.fill(
        [
            (x - head, y + head * 0.55),
            (x - head * 0.8, y + head * 1.4),
            (x + head * 0.8, y + head * 1.4),
            (x + head, y + head * 0.55),
        ],
        rgb("e5c682"),
        1,
    )
    stand.limb(
        [(x - head * 0.85, y + head * 0.68), (x + head * 0.85, y + head * 0.68)], rgb("8c4a3a"), head * 0.2
    )


def _beanie(stand: Stand, look: Look, x: float, y: float, head: float) -> None:
    stand.fill(
        [
            (x - head * 1.08, y + head * 0.35),
            (x - head, y + head * 1.5),
            (x + head, y + head * 1.5),
            (x + head * 1.08, y + head * 0.35),
        ],
        rgb("a4412f"),
        2,
    )
    stand.limb(
        [(x - head * 0.9, y + head * 0.42), (x + head * 0.9, y + head * 0.42)], rgb("7d2f24"), head * 0.3
    )


def _cap(stand: Stand, look: Look, x: float, y: float, head: float) -> None:
    stand.fill(
        [
            (x - head * 1.2, y + head * 0.95),
            (x - head * 0.9, y + head * 1.4),
            (x + head * 0.9, y + head * 1.4),
            (x + head * 1.2, y + head * 0.95),
            (x + head * 0.9, y + head * 0.6),
            (x - head * 0.9, y + head * 0.6),
        ],
        darker(look.top, 0.1),
        1,
    )
    stand.limb(
        [(x - head * 0.8, y + head * 0.52), (x + head * 0.8, y + head * 0.52)], rgb("1f2430"), head * 0.25
    )
    stand.disc(x, y + head * 0.95, head * 0.18, head * 0.18, rgb("e5c25a"))


def _brim(stand: Stand, look: Look, x: float, y: float, head: float) -> None:
    felt = darker(look.below, 0.25)
    stand.disc(x, y + head * 0.62, head * 1.5, head * 0.24, felt)
    stand.fill(
        [
            (x - head * 0.9, y + head * 0.6),
            (x - head * 0.75, y + head * 1.5),
            (x + head * 0.75, y + head * 1.5),
            (x + head * 0.9, y + head * 0.6),
        ],
        felt,
        1,
    )


def _toque(stand: Stand, look: Look, x: float, y: float, head: float) -> None:
    stand.disc(x, y + head * 1.5, head * 1.25, head * 0.7, _CREAM)
    stand.fill(
        [
            (x - head, y + head * 0.5),
            (x - head, y + head * 1.4),
            (x + head, y + head * 1.4),
            (x + head, y + head * 0.5),
        ],
        lighter(_CREAM, 0.3),
    )


_HATS: dict[str, Callable[[Stand, Look, float, float, float], None]] = {
    "straw": _straw,
    "beanie": _beanie,
    "cap": _cap,
    "brim": _brim,
    "toque": _toque,
}

# Where the elbow and the hand of each arm are: to the right of the middle, and above the ground.
_POSES: dict[str, tuple[tuple[float, float, float, float], tuple[float, float, float, float]]] = {
    "stand": ((0.27, 1.1, 0.25, 0.82), (0.27, 1.1, 0.25, 0.82)),
    "sit": ((0.27, 1.12, 0.12, 0.92), (0.27, 1.12, 0.12, 0.92)),
    "ground": ((0.27, 1.12, 0.14, 0.92), (0.27, 1.12, 0.14, 0.92)),
    "hold": ((0.27, 1.12, 0.11, 1.08), (0.27, 1.12, 0.11, 1.08)),
    "offer": ((0.27, 1.12, 0.25, 0.84), (0.34, 1.14, 0.5, 1.2)),
    "raise": ((0.27, 1.1, 0.25, 0.82), (0.34, 1.42, 0.4, 1.74)),
    "carry": ((0.27, 1.1, 0.27, 0.8), (0.27, 1.1, 0.27, 0.8)),
}


def _arms(stand: Stand, look: Look, unit: float, seat: float, pose: str) -> None:
    sleeve = darker(look.top, 0.06)
    for way, (elbow_x, elbow_y, hand_x, hand_y) in zip(
        (-1, 1), _POSES.get(pose, _POSES["stand"]), strict=True
    ):
        shoulder = (0.19 * way * unit, 1.34 * unit + seat)
        elbow = (elbow_x * way * unit, elbow_y * unit + seat)
        hand = (hand_x * way * unit, hand_y * unit + seat)
        stand.limb([shoulder, elbow, hand], sleeve, 0.105 * unit)
        stand.disc(*hand, 0.058 * unit, 0.058 * unit, look.skin)
