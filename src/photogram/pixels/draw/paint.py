"""From a row's facts to a finished drawing: the surface they name, or a card that shows them."""

from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

import msgspec

from photogram.data import Facts
from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.camera import develop, fringe
from photogram.pixels.draw.canvas import Light, Painted, box_of, dice
from photogram.pixels.draw.damage import ALSO_CALLED, DAMAGE
from photogram.pixels.draw.defects import DEFECTS, SEVERITIES, Severity
from photogram.pixels.draw.materials import BONDS, MATERIALS, Piece, Skin, bricks, skin
from photogram.pixels.draw.parts import PARTS, STANDS_IN, WEATHERS, Wall, colour, part
from photogram.pixels.draw.plain import card
from photogram.pixels.draw.scenes import scene
from photogram.pixels.draw.surfaces import Finish, Table, phone
from photogram.pixels.draw.vehicles import draw_vehicle

FLAWLESS = ("", "none", "good", "clean", "ok")
FINISHES, TABLES = get_args(Finish), get_args(Table)

_PASSED_OVER = ("label", "surface")


def paint(facts: Mapping[str, Any], width: int, height: int, seed: int, prompt: str = "") -> Painted:
    """Draw what the facts say; the same facts, size and seed give the same pixels.

    What they say and the drawing does not show is named in `not_understood`.
    """
    painter = _SURFACES.get(_word(facts, "surface") or _word(facts, "material"))
    if painter is None:
        return card(facts, width, height, seed, prompt)
    return painter(facts, width, height, seed, prompt)


def _phone(facts: Mapping[str, Any], width: int, height: int, seed: int, prompt: str) -> Painted:
    defect = _word(facts, "defect")
    if defect not in FLAWLESS and defect not in DEFECTS:
        shown = card(facts, width, height, seed, prompt)
        return msgspec.structs.replace(shown, not_understood=(f"defect: {defect}",))
    finish = cast(Finish, _chosen(facts, "finish", FINISHES, dice(seed, "finish").random()))
    table = cast(Table, _chosen(facts, "table", TABLES, 0.0))
    scene = phone(dice(seed, "scene"), width, height, finish, table)
    lens = fringe(scene.plane)
    shows: Facts = {"surface": "phone", "finish": finish, "table": table, "defect": "none"}
    mask = None
    if defect in DEFECTS:
        severity = cast(Severity, _chosen(facts, "severity", SEVERITIES, 0.5))
        mask = DEFECTS[defect](scene, dice(seed, defect), severity)
        shows |= {"defect": defect, "severity": severity}
    return Painted(
        rgb=develop(scene, lens, dice(seed, "camera")),
        mask=mask,
        boxes=() if mask is None else (box_of(defect, mask),),
        shows=shows,
        not_understood=_not_shown(facts, shows),
    )


# ------------------------------------------------------------------- buildings and bridges


def _built(facts: Mapping[str, Any], width: int, height: int, seed: int, prompt: str) -> Painted:
    """A part of a building or a bridge; what cannot be wrong with it is said, on a card."""
    material = _word(facts, "material") or _word(facts, "surface")
    wrong = _word(facts, "defect")
    defect = ALSO_CALLED.get(wrong, wrong)
    name = _part(facts, material, dice(seed, "part").random())
    unfit = _unfit(material, name, defect)
    if unfit:
        shown = card(facts, width, height, seed, prompt)
        return msgspec.structs.replace(shown, not_understood=(unfit,))
    light = _chosen(facts, "light", tuple(WEATHERS), dice(seed, "light").random())
    wall = _standing(seed, width, height, name, material, light)
    lens = fringe(wall.plane)
    shows: Facts = {"surface": material, "material": material, "part": name, "light": light}
    shows |= {"asset_type": STANDS_IN[name], "defect": "none"}
    mask = None
    if defect in DAMAGE:
        severity = cast(Severity, _chosen(facts, "severity", SEVERITIES, 0.5))
        mask = _damaged(wall, seed, defect, severity)
        shows |= {} if mask is None else {"defect": wrong, "severity": severity}
    colour(wall)
    return Painted(
        rgb=develop(wall, lens, dice(seed, "camera")),
        mask=mask,
        boxes=() if mask is None else (box_of(wrong, mask),),
        shows=shows,
        not_understood=_not_shown(facts, shows),
    )


def _part(facts: Mapping[str, Any], material: str, otherwise: float) -> str:
    usual = {"asphalt": ("deck",), "steel": ("girder", "bearing"), "fabric": ("wall",), "metal": ("wall",)}
    word = _word(facts, "part")
    among = usual.get(material, ("wall", "eave", "balcony"))
    return word if word in PARTS else among[int(otherwise * len(among))]


def _unfit(material: str, name: str, defect: str) -> str:
    """Why this cannot be drawn; empty where it can."""
    if material not in MATERIALS:
        return f"material: {material}"
    if defect in FLAWLESS:
        return ""
    if defect not in DAMAGE:
        return f"defect: {defect}"
    damage = DAMAGE[defect]
    if material not in damage.materials:
        return f"defect: {defect} of {material}"
    return f"defect: {defect} of a {name}" if damage.parts and name not in damage.parts else ""


def _damaged(wall: Wall, seed: int, defect: str, severity: Severity) -> Pixels | None:
    """The mask of the damage; where it falls out of sight, and changes nothing, the dice are thrown anew."""
    for turn in range(6):
        mask = DAMAGE[defect].draw(wall, dice(seed, f"{defect} {turn}"), severity)
        if mask.any():
            return mask
    return None


def _standing(seed: int, width: int, height: int, name: str, material: str, light: str) -> Wall:
    """The part without anything wrong; a material looks the same wherever it is used in it."""
    bond = BONDS[int(dice(seed, "bond").random() * len(BONDS))]

    def made(of: str, size: tuple[int, int], unit: float, under: Light) -> Skin:
        return skin(of, Piece(dice(seed, f"made of {of}"), *size, unit, under, bond))

    wall = part(dice(seed, "scene"), (width, height), name, material, WEATHERS[light], made)
    wall.bricks = bricks(material, bond, *wall.size, wall.unit)
    return wall


_SURFACES: dict[str, Callable[[Mapping[str, Any], int, int, int, str], Painted]] = {
    "phone": _phone,
    "scene": scene,
    "vehicle": draw_vehicle,
    **dict.fromkeys(MATERIALS, _built),
}


def _word(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return "" if value is None else str(value).strip().lower()


def _chosen(facts: Mapping[str, Any], name: str, among: tuple[str, ...], otherwise: float) -> str:
    """What the facts name, or, where they name nothing that is known, the one at that share of the way."""
    word = _word(facts, name)
    return word if word in among else among[int(otherwise * len(among))]


def _not_shown(facts: Mapping[str, Any], shows: Facts) -> tuple[str, ...]:
    """Every fact that the drawing does not show as it was given; what is flawless has no severity."""
    passed = (*_PASSED_OVER, "severity") if shows["defect"] == "none" else _PASSED_OVER
    names = [name for name in facts if name not in passed and _word(facts, name) not in FLAWLESS]
    return tuple(f"{name}: {facts[name]}" for name in names if shows.get(name) != _word(facts, name))
