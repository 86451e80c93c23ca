"""The shapes of vehicles: how long, how high, where the roof begins, and what marks a make and a model.

A make and a model decide every number here, so that the same car looks the same in every picture.
x runs forward from the middle of the vehicle, y to its left, z up; all in metres.
"""

from collections.abc import Callable
from typing import Literal
from zlib import crc32

import msgspec
import numpy as np

from photogram.pixels.draw.canvas import Plane, Points

Grille = Literal["bars", "wide", "split", "mesh", "slim"]
Lamps = Literal["round", "slim", "square", "swept"]


Corner = tuple[float, float, float]
"""How far a corner is rounded along the vehicle and across it, and how far its end is bowed."""


class Body(msgspec.Struct, frozen=True):
    """A vehicle's proportions. The places along it are shares of its length, from -0.5 to 0.5."""

    length: float
    breadth: float
    height: float
    clear: float
    hood: tuple[float, float]
    belt: float
    boot: float
    cowl: float
    roof: tuple[float, float]
    tail: float
    wheel: float
    axles: tuple[float, ...]
    narrow: float = 0.78
    square: float = 5.0
    windows: tuple[tuple[float, float], ...] = ((-0.9, -0.36), (-0.28, 0.2), (0.26, 0.86))
    bed: bool = False
    cargo: tuple[float, float] | None = None
    roomy: bool = False


BODIES: dict[str, Body] = {
    "sedan": Body(
        length=4.6, breadth=1.82, height=1.45, clear=0.2, hood=(0.7, 0.93), belt=0.95, boot=1.0,
        cowl=0.2, roof=(-0.17, 0.05), tail=-0.33, wheel=0.33, axles=(-0.3, 0.31),
    ),
    "hatchback": Body(
        length=4.0, breadth=1.76, height=1.5, clear=0.2, hood=(0.72, 0.95), belt=0.98, boot=1.0,
        cowl=0.23, roof=(-0.34, 0.06), tail=-0.475, wheel=0.32, axles=(-0.31, 0.31),
        windows=((-0.82, -0.42), (-0.36, 0.14), (0.2, 0.86)),
    ),
    "wagon": Body(
        length=4.65, breadth=1.82, height=1.48, clear=0.2, hood=(0.7, 0.93), belt=0.96, boot=1.0,
        cowl=0.2, roof=(-0.37, 0.05), tail=-0.475, wheel=0.33, axles=(-0.3, 0.31),
        windows=((-0.9, -0.5), (-0.44, -0.02), (0.04, 0.44), (0.5, 0.9)),
    ),
    "suv": Body(
        length=4.5, breadth=1.9, height=1.74, clear=0.3, hood=(0.95, 1.1), belt=1.12, boot=1.14,
        cowl=0.21, roof=(-0.4, 0.08), tail=-0.48, wheel=0.39, axles=(-0.3, 0.31), narrow=0.82,
        windows=((-0.9, -0.5), (-0.43, 0.06), (0.13, 0.86)),
    ),
    "van": Body(
        length=4.9, breadth=1.94, height=2.0, clear=0.24, hood=(0.85, 1.1), belt=1.12, boot=1.12,
        cowl=0.38, roof=(-0.48, 0.17), tail=-0.495, wheel=0.34, axles=(-0.32, 0.32), narrow=0.88,
        square=7.0, windows=((0.24, 0.84),),
    ),
    "pickup": Body(
        length=5.2, breadth=1.92, height=1.76, clear=0.34, hood=(1.0, 1.1), belt=1.12, boot=1.1,
        cowl=0.19, roof=(-0.1, 0.07), tail=-0.16, wheel=0.4, axles=(-0.32, 0.31), narrow=0.82,
        windows=((-0.84, -0.06), (0.06, 0.84)), bed=True,
    ),
    "bus": Body(
        length=8.2, breadth=2.4, height=3.0, clear=0.32, hood=(1.2, 1.25), belt=1.3, boot=1.3,
        cowl=0.49, roof=(-0.485, 0.465), tail=-0.492, wheel=0.46, axles=(-0.28, 0.3), narrow=0.95,
        square=9.0, windows=tuple((-0.93 + 0.265 * n, -0.71 + 0.265 * n) for n in range(7)), roomy=True,
    ),
    "truck": Body(
        length=7.0, breadth=2.3, height=2.75, clear=0.42, hood=(1.15, 1.2), belt=1.2, boot=0.95,
        cowl=0.49, roof=(0.24, 0.455), tail=0.23, wheel=0.46, axles=(-0.3, 0.34), narrow=0.92,
        square=8.0, windows=((-0.5, 0.8),), cargo=(-0.495, 0.21), roomy=True,
    ),
}  # fmt: skip
OTHER_NAMES = {
    "saloon": "sedan",
    "estate": "wagon",
    "car": "sedan",
    "lorry": "truck",
    "coach": "bus",
    "minivan": "van",
}


class Marks(msgspec.Struct, frozen=True):
    """What tells one make and model from another of the same body."""

    grille: Grille
    lamps: Lamps
    spokes: int
    crease: float
    stripe: bool
    rails: bool


class Vehicle(msgspec.Struct, frozen=True):
    """A body made a little longer, lower or rounder by its name, and its marks."""

    kind: str
    body: Body
    marks: Marks

    def corner(self, *, cabin: bool = False) -> Corner:
        """The roundness of its corners: the cabin's are tighter than the body's."""
        loose = 5 / self.body.square
        if cabin:
            return 0.14 * loose, 0.14 * loose, 0.05 if self.body.roomy else 0.1
        return 0.36 * loose, 0.24 * loose, 0.05 if self.body.roomy else 0.11

    def shoulder(self, x: Points) -> Points:
        """How high the body is, without its cabin, at places along it."""
        body = self.body
        half = body.length / 2
        stops = (
            np.array([-1.0, -0.9, body.tail * 2 - 0.06, body.tail * 2 + 0.3, body.cowl * 2, 0.78, 1.0]) * half
        )
        order = np.argsort(stops, kind="stable")
        front, back = body.hood
        levels = np.array(
            [body.boot - 0.06, body.boot, body.boot, body.belt, back, (front + back) / 2, front]
        )
        return np.interp(x, stops[order], levels[order])

    def tub(self, v: Points) -> tuple[Points, Points, Points]:
        """The rear end, the front end and half the breadth of the lower body, v from 0 at the sill to 1."""
        half = self.body.length / 2
        tuck = 0.07 if self.body.roomy else 0.16
        nose = half - tuck * np.maximum(0, (v - 0.45) / 0.55) ** 2 - 0.1 * np.maximum(0, (0.3 - v) / 0.3) ** 2
        rear = (
            -half
            + 0.6 * tuck * np.maximum(0, (v - 0.5) / 0.5) ** 2
            + 0.1 * np.maximum(0, (0.3 - v) / 0.3) ** 2
        )
        out = self.body.breadth / 2
        swell = 1 - 0.055 * np.abs(v - self.marks.crease) ** 1.5 / 0.4**1.5
        return rear, nose, out * np.clip(swell, 0.85, 1)

    def cabin(self, v: Points) -> tuple[Points, Points, Points, Points]:
        """Rear end, front end and half the breadth of the cabin, and how far up it is, for v from 0 to 1."""
        body = self.body
        lean = v**1.25
        rear = (body.tail + (body.roof[0] - body.tail) * lean) * body.length
        front = (body.cowl + (body.roof[1] - body.cowl) * lean) * body.length
        out = body.breadth / 2 * (0.95 + (body.narrow - 0.95) * v**1.4)
        return rear, front, out, np.sin(np.clip(v, 0, 1) * np.pi / 2 * 0.94) / np.sin(np.pi / 2 * 0.94)


def _share(name: str, part: str) -> float:
    """A number from 0 to 1 that a name has for one of its parts, for ever."""
    return crc32(f"{name}/{part}".encode()) % 10_007 / 10_006


def vehicle(kind: str, make: str, model: str) -> Vehicle:
    """The vehicle that a make and a model are; the make gives the face, the model the shape."""
    name, body = f"{make} {model}", BODIES[kind]

    def lean(part: str, by: float) -> float:
        return by * (2 * _share(name, part) - 1)

    nose = body.hood[0] * (1 + lean("nose", 0.07)), body.hood[1] * (1 + lean("hood", 0.03))
    roof = body.roof[0] + lean("back", 0.012), body.roof[1] + lean("screen", 0.014)
    shaped = msgspec.structs.replace(
        body,
        length=body.length * (1 + lean("length", 0.05)),
        height=body.height * (1 + lean("height", 0.035)),
        hood=nose,
        roof=roof,
        wheel=body.wheel * (1 + lean("wheel", 0.06)),
        square=body.square + lean("square", 1.1),
    )
    grilles: tuple[Grille, ...] = ("bars", "wide", "split", "mesh", "slim")
    lamps: tuple[Lamps, ...] = ("round", "slim", "square", "swept")
    marks = Marks(
        grille=grilles[int(_share(make, "grille") * 4.999)],
        lamps=lamps[int(_share(name, "lamps") * 3.999)],
        spokes=5 + int(_share(name, "spokes") * 5.99),
        crease=0.52 + lean("crease", 0.12),
        stripe=_share(name, "stripe") < 0.3,
        rails=kind in ("suv", "wagon") and _share(name, "rails") < 0.7,
    )
    return Vehicle(kind, shaped, marks)


# ---------------------------------------------------------------------------- surfaces


def outline(rear: float, front: float, out: float, corner: Corner, count: int = 72) -> Points:
    """A rounded rectangle seen from above, anticlockwise from the right of the front."""
    across = corner[1]
    quarter = np.linspace(0, np.pi / 2, 10)
    y = np.concatenate(
        [np.linspace(-(out - across), out - across, 9), out - across + across * np.sin(quarter[1:])]
    )
    y = np.concatenate([-(out - across) - across * np.sin(quarter[:0:-1]), y])
    ends = [_end_drop(y, out, corner) for _ in (0, 1)]
    nose = np.column_stack([front - ends[0], y])
    tail = np.column_stack([rear + ends[1] * 0.8, y])[::-1]
    flank = np.linspace(0, 1, (count - 2 * len(y)) // 2 + 2)[1:-1, None]
    left = nose[-1] + (tail[0] - nose[-1]) * flank
    right = tail[-1] + (nose[0] - tail[-1]) * flank
    return np.concatenate([nose, left, tail, right])


def _end_drop(y: Points, out: float, corner: Corner) -> Points:
    """How far an end lies behind its foremost point, at places across it."""
    along, across, bow = corner
    beyond = np.clip((np.abs(y) - (out - across)) / across, 0, 1)
    return bow * (y / out) ** 2 + along * (1 - np.sqrt(np.maximum(0, 1 - beyond**2)))


def _flank_drop(from_end: float, corner: Corner) -> float:
    """How far a flank lies within its outermost line, that far from the end of the vehicle."""
    along, across, bow = corner
    beyond = min(1.0, max(0.0, 1 - (from_end - bow) / along))
    return across * (1 - (1 - beyond**2) ** 0.5)


def tub_mesh(car: Vehicle, rows: int = 12) -> Points:
    """The lower body as rows of points, from the sill to the shoulder."""
    rings: list[Points] = []
    for v in np.linspace(0, 1, rows + 1):
        rear, front, out = (float(part) for part in car.tub(np.array(v)))
        around = outline(rear, front, out, car.corner())
        high = car.shoulder(around[:, 0])
        rings.append(np.column_stack([around, car.body.clear + v * (high - car.body.clear)]))
    return np.array(rings)


def lid_mesh(car: Vehicle) -> Points:
    """Bonnet, boot and what lies under the cabin, as rows of points from the rear to the front."""
    rear, front, out = (float(part) for part in car.tub(np.array(1.0)))
    return _lid(rear, front, out, car.corner(), lambda x: car.shoulder(x), 0.045)


def cabin_mesh(car: Vehicle, rows: int = 9) -> Points:
    """The cabin as rows of points, from the shoulder to the edge of the roof."""
    rings: list[Points] = []
    for v in np.linspace(0, 1, rows + 1):
        rear, front, out, rise = (float(part) for part in car.cabin(np.array(v)))
        around = outline(rear, front, out, car.corner(cabin=True))
        low = car.shoulder(around[:, 0])
        rings.append(np.column_stack([around, low + (car.body.height - low) * rise]))
    return np.array(rings)


def roof_mesh(car: Vehicle) -> Points:
    """The roof as rows of points from the rear to the front."""
    rear, front, out, _ = (float(part) for part in car.cabin(np.array(1.0)))
    high = car.body.height
    return _lid(rear, front, out, car.corner(cabin=True), lambda x: np.full(x.shape, high), 0.05)


def _lid(
    rear: float, front: float, out: float, corner: Corner, level: Callable[[Points], Points], crown: float
) -> Points:
    """What closes a body from above: rows across it, each bent as its ends are."""
    y = out * np.sin(np.linspace(np.pi / 2, -np.pi / 2, 15))
    drop = _end_drop(y, out, corner)
    share = np.linspace(0, 1, 26)[:, None]
    x = (rear + 0.8 * drop)[None] * (1 - share) + (front - drop)[None] * share
    arch = crown * (1 - (y / out) ** 2)[None] * np.minimum(1, 6 * share * (1 - share) + 0.25)
    return np.stack([x, np.broadcast_to(y[None], x.shape), level(x) + arch], axis=2)


def quads(mesh: Points, *, closed: bool) -> Points:
    """The four-cornered patches between rows of points."""
    if closed:
        mesh = np.concatenate([mesh, mesh[:, :1]], axis=1)
    corners = [mesh[:-1, :-1], mesh[:-1, 1:], mesh[1:, 1:], mesh[1:, :-1]]
    return np.stack(corners, axis=2).reshape(-1, 4, 3)


def on_end(car: Vehicle, y: float, z: float, way: int) -> tuple[float, float, float]:
    """A place on the front (way 1) or the rear (way -1) of the lower body."""
    top = car.body.hood[0] if way > 0 else car.body.boot
    v = np.clip(np.array((z - car.body.clear) / (top - car.body.clear)), 0, 1)
    rear, front, out = (float(part) for part in car.tub(v))
    drop = float(_end_drop(np.array(min(abs(y), out)), out, car.corner()))
    return (front - drop + 0.012 if way > 0 else rear + 0.8 * drop - 0.012), y, z


def on_side(car: Vehicle, x: float, z: float, way: int) -> tuple[float, float, float]:
    """A place on the left (way 1) or right side of the lower body."""
    high = float(car.shoulder(np.array([x]))[0])
    v = np.clip(np.array((z - car.body.clear) / (high - car.body.clear)), 0, 1)
    rear, front, out = (float(part) for part in car.tub(v))
    drop = _flank_drop(min(front - x, (x - rear) / 0.8), car.corner())
    return x, way * (out - drop + 0.008), z


def on_cabin(car: Vehicle, share: float, v: float, face: str) -> tuple[float, float, float]:
    """A place on a face of the cabin: share from -1 to 1 across it, v from 0 to 1 up it."""
    rear, front, out, rise = (float(part) for part in car.cabin(np.array(v)))
    corner = car.corner(cabin=True)
    if face in ("left", "right"):
        x = (rear + front) / 2 + (front - rear) / 2 * share
        drop = _flank_drop(min(front - x, (x - rear) / 0.8), corner)
        y = (1 if face == "left" else -1) * (out - drop + 0.006)
    else:
        y = out * share
        drop = float(_end_drop(np.array(abs(y)), out, corner))
        x = front - drop + 0.006 if face == "front" else rear + 0.8 * drop - 0.006
    low = float(car.shoulder(np.array([x]))[0])
    return x, y, low + (car.body.height - low) * rise


def normals(patches: Points) -> Plane:
    """Which way each patch looks."""
    across, up = patches[:, 2] - patches[:, 0], patches[:, 3] - patches[:, 1]
    facing = np.cross(across, up)
    return (facing / np.maximum(1e-9, np.linalg.norm(facing, axis=1, keepdims=True))).astype(np.float32)
