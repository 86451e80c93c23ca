"""300 pictures of buildings, bridges and roads, what is said of each, and the right answers to six questions.

Written by hand, before anything searched in it. Each line stands for so many pictures that show the same; its
letters are the questions it is a right answer to. There are traps in it: words that stand where they do not
count ("no cracks", "a crack next door was repaired"), fields that nobody could answer, and near misses.
"""

from .findable import annotate
from .small import write

QUESTIONS = {
    "a": "cracks in walls",
    "b": "cracks that are not a concern",
    "c": "all safety concerns in buildings",
    "d": "severe spalling that needs action",
    "e": "water damage on roofs or eaves",
    "f": "concrete bridges in good condition",
}

# how many, asset, subtype, material, damage, severity, condition, action, concerns, what is said
_LINES = """
 12 | ab   | building | wall | brick | crack | light | fair | no | | fine cracks along the joints of a brick wall
  9 | ab   | building | wall | render | crack | light | fair | no | | hairline cracks in the render of a wall
 10 | ac   | building | wall | concrete | crack | severe | poor | yes | falling pieces | a wide crack through a concrete wall above a door
  7 | ac   | building | wall | brick | crack, spalling | moderate | poor | yes | loose bricks | cracks and spalling in a brick wall
  4 | a    | building | wall | stone | crack | moderate | fair | ? | ? | a crack in a stone wall, half hidden by leaves
  8 | b    | bridge | pier | concrete | crack | light | fair | no | | thin cracks in a pier, dry and old
  6 | b    | road | lane | asphalt | crack | light | fair | no | | cracks in the asphalt of a lane, sealed
  9 |      | bridge | deck | concrete | crack | severe | critical | yes | traffic on a weak deck | a crack across the whole deck
  5 |      | road | lane | asphalt | crack, pothole | moderate | poor | yes | cyclists may fall | cracks around a pothole
 11 |      | building | wall | brick | | none | good | no | | a sound brick wall, no cracks, no stains
  8 |      | building | wall | render | peeling paint | light | fair | no | | paint peels off a wall; a crack next door was repaired
 10 | c    | building | balcony | concrete | spalling | moderate | poor | yes | falling pieces; bare steel | spalling under a balcony
  9 | cd   | building | balcony | concrete | spalling, rust | severe | critical | yes | falling pieces | severe spalling, the steel lies bare and rusts
  8 | d    | bridge | pier | concrete | spalling | severe | critical | yes | falling pieces over a path | a pier has lost its cover on one side
  7 | d    | bridge | girder | concrete | spalling, rust | severe | poor | yes | | severe spalling along the edge of a girder
  6 |      | bridge | pier | concrete | spalling | severe | poor | no | | severe spalling, repaired last year with fresh mortar
  9 |      | bridge | girder | concrete | spalling | light | fair | yes | | light spalling at a bearing; the girder needs cleaning
  5 |      | building | wall | concrete | spalling | severe | poor | ? | | severe spalling seen from far away
 10 | e    | building | roof | other | water damage | moderate | poor | yes | | water stains below a gutter of the roof
  7 | ce   | building | roof | wood | water damage | severe | critical | yes | rotten rafters | dark wet timber under a roof
  9 | e    | building | eave | wood | water damage, peeling paint | light | fair | no | | damp marks along an eave
  6 | e    | building | eave | render | water damage | moderate | fair | yes | | a leak has stained the eave
  5 | e    | building | flat roof | concrete | water damage, vegetation | moderate | fair | yes | | standing water and moss on a flat roof
  8 |      | building | wall | brick | water damage | moderate | fair | yes | | water damage on a wall, below the roof
  7 |      | building | roof | other | vegetation | light | fair | no | | moss on a dry roof; no water damage
  6 |      | building | eave | wood | peeling paint | light | fair | no | | paint peels off an eave
 12 | f    | bridge | girder bridge | concrete | | none | good | no | | a concrete bridge, sound and clean
  9 | f    | bridge | deck | concrete | efflorescence | light | good | no | | a little efflorescence, in good condition else
  8 |      | bridge | girder bridge | steel | | none | good | no | | a steel bridge over a concrete channel, in good condition
  9 |      | bridge | pier | concrete | rust | moderate | fair | yes | | rust runs down a concrete pier
  6 |      | bridge | arch | stone | vegetation | light | fair | no | | plants in the joints of a stone arch
  7 |      | building | garage | concrete | | none | good | no | | a concrete garage in good condition beside a bridge
  8 |      | road | lane | asphalt | pothole | severe | poor | yes | cars may lose a wheel | a deep pothole
 10 |      | road | kerb | concrete | | none | good | no | | a concrete kerb in good condition
  6 | c    | building | facade | glass | loose part | moderate | poor | yes | a pane may fall | a loose pane above a door
  8 |      | building | facade | glass | | none | good | no | | a glass facade, nothing of concern
 10 |      | dam | wall | concrete | efflorescence | light | fair | no | | white bloom on the wall of a dam, no crack
  6 |      | tower | mast | steel | rust | moderate | fair | yes | a loose rung | rust at the foot of a mast
"""  # noqa: E501
_NAMES = (
    "asset_type",
    "asset_subtype",
    "material_type",
    "defect_types",
    "severity_level",
    "condition_assessment",
    "requires_action",
    "safety_concerns",
    "description",
)
_LISTS = {"defect_types": ", ", "safety_concerns": "; "}
_TRUTH = {"yes": True, "no": False}


def lines():
    """(how many, letters, what is said) for each line."""
    for line in _LINES.strip().splitlines():
        number, letters, *said = [part.strip() for part in line.split("|")]
        yield (
            int(number),
            letters,
            {name: _value(name, part) for name, part in zip(_NAMES, said, strict=True)},
        )


def _value(name, part):
    if part == "?":
        return None
    if name in _LISTS:
        return part.split(_LISTS[name]) if part else []
    return _TRUTH.get(part, part)


def made(folder):
    """The dataset, its pictures still to be drawn: a group for each line."""
    groups = {
        f"line{at}": (f"{said['description']} {{n}}", count) for at, (count, _, said) in enumerate(lines())
    }
    return write(folder, groups=groups, more='[annotate]\nfields = "infrastructure"\n')


def said_of(row):
    """What a model that sees says of a row."""
    said = list(lines())[int(row.label.removeprefix("line"))][2]
    found = said["defect_types"]
    return {**said, "defect_detected": bool(found), "tags": [said["material_type"], *found]}


def annotated(folder):
    annotate(folder, said_of)


def right(letter):
    """The labels of the rows that are right answers to a question."""
    return {f"line{at}" for at, (_, letters, _) in enumerate(lines()) if letter in letters}
