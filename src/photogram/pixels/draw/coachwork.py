"""A vehicle on an easel: its shape in light, then glass, wheels, lamps, grille and plate on it."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from photogram.pixels.codecs import Pixels
from photogram.pixels.draw.bodies import (
    Vehicle,
    cabin_mesh,
    lid_mesh,
    normals,
    on_cabin,
    on_end,
    on_side,
    quads,
    roof_mesh,
    tub_mesh,
)
from photogram.pixels.draw.canvas import Plane, Points
from photogram.pixels.draw.easel import FINER, Colour, Easel, darker, lighter, mix, rgb, ring
from photogram.pixels.draw.text import font

_SUN = np.array([-0.42, -0.5, 0.76], np.float32)
_GLASS, _TRIM, _RUBBER, _CHROME = rgb("27323c"), rgb("24272b"), rgb("1c1d20"), rgb("cfd4d8")
_PLATE, _PLATE_INK, _PLATE_BAND = rgb("f4f2e6"), (20, 24, 40), (38, 84, 140)
PLATE_SIZE = (0.62, 0.17)
_SHIFT = 4
_Place = tuple[float, float, float]


class Coach:
    """One vehicle, turned to its heading, on one easel."""

    def __init__(self, easel: Easel, car: Vehicle, paint: Colour, heading: float, *, lights: bool) -> None:
        self.easel, self.car, self.paint, self.lights = easel, car, paint, lights
        cos, sin = math.cos(heading), math.sin(heading)
        self._turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
        eye = np.array([easel.eye.x, easel.eye.y, easel.eye.z])
        self.eye = self._turn @ eye
        # The eye as the vehicle has it: which of its sides can be seen.
        self.side = 1 if self.eye[1] > 0 else -1
        self.end = 1 if self.eye[0] > 0 else -1

    def world(self, points: Points) -> Points:
        """Places on the vehicle as places in the world."""
        return points @ self._turn

    def draw(self) -> None:
        """All of it, from the farthest to the nearest."""
        self._shade_below()
        if self.easel.mood.wet:
            self._mirrored()
        for way in (-self.side, self.side):
            for axle in self.car.body.axles:
                self._tyre(axle, way)
        self._surface(quads(tub_mesh(self.car), closed=True))
        self._sills()
        for axle in self.car.body.axles if self._sees_side() else ():
            self._wheel(axle)
        self._side_details()
        self._surface(quads(lid_mesh(self.car), closed=False))
        parts = [self._cabin, self._cargo] if self.end < 0 else [self._cargo, self._cabin]
        for part in parts:
            part()
        self._front() if self.end > 0 else self._rear()

    # ---------------------------------------------------------------------- the surface

    def _surface(self, patches: Points, colour: Colour | None = None) -> None:
        facing = normals(patches)
        middles = patches.mean(axis=1)
        seen = np.einsum("ij,ij->i", facing, self.eye[None] - middles) > 0
        patches, facing, middles = patches[seen], facing[seen], middles[seen]
        order = np.argsort(-np.linalg.norm(middles - self.eye, axis=1), kind="stable")
        colours = self._shaded(facing[order], middles[order], colour or self.paint)
        where = self._pixels(patches[order].reshape(-1, 3)).reshape(-1, 4, 2)
        for corners, tone in zip(where, colours.tolist(), strict=True):
            cv2.fillConvexPoly(self.easel.canvas, corners, tone, cv2.LINE_AA, _SHIFT)

    def _shaded(self, facing: Plane, middles: Points, paint: Colour) -> Plane:
        """Paint lit by the sun, with the sky in what looks up and the road in what looks down."""
        world = np.asarray(self.world(facing.astype(np.float64)), np.float32)
        sight = np.asarray(self.world(middles - self.eye), np.float32)
        sight /= np.linalg.norm(sight, axis=1, keepdims=True)
        turned = np.einsum("ij,ij->i", sight, world)
        mirrored = sight - 2 * turned[:, None] * world
        sun = np.clip(world @ _SUN, 0, 1)
        base = np.array(paint, np.float32) * (0.74 + 0.38 * sun)[:, None]
        above = np.clip((mirrored[:, 2] + 0.02) / 0.2, 0, 1)
        graze = np.float32(0.13) + np.float32(0.35) * (1 + turned) ** 3
        mood = self.easel.mood
        sky = np.array(mix(mood.sky[1], mood.sky[0], 0.25), np.float32) / np.maximum(
            0.35, np.array(mood.tint)
        )
        road = np.array((58, 56, 58), np.float32)
        seen = road + (np.asarray(sky, np.float32) - road) * above[:, None]
        shine = np.clip(mirrored @ _SUN, 0, 1) ** 26 * (60 + 80 * mood.shade)
        toned = base + (seen - base) * graze[:, None] + shine[:, None]
        tinted = np.clip(toned, 0, 255) * np.array(mood.tint, np.float32)
        hazed = 1 - math.exp(-mood.haze * 6)
        tinted += (np.array(mood.air, np.float32) - tinted) * np.float32(hazed)
        return np.clip(tinted, 0, 255)

    def _pixels(self, points: Points) -> npt.NDArray[np.int32]:
        placed = self.easel.eye.place(self.world(points))
        return np.rint(placed * (FINER << _SHIFT)).astype(np.int32)

    def _patch(self, places: Sequence[_Place], colour: Colour, *, glows: bool = False) -> None:
        self.easel.shape(self.world(np.array(places, float)), colour, glows=glows)

    def _line(self, places: Sequence[_Place], colour: Colour, thick: float) -> None:
        world = self.world(np.array(places, float))
        away = float(np.mean(self.easel.eye.depths(world)[:, 2]))
        self.easel.stroke(
            self.easel.eye.place(world), self.easel.mood.lit(colour, away), self._long(thick, away)
        )

    def _long(self, metres: float, away: float) -> float:
        return metres * self.easel.eye.focal / max(0.5, away)

    # -------------------------------------------------------------------- ground, wheels

    def _shade_below(self) -> None:
        """What little light comes under a vehicle, and the shadow the sun throws of it."""
        body, mood = self.car.body, self.easel.mood
        reach = np.array(mood.sun) * body.height * 0.6
        for grown, cover in ((1.08, 0.16), (1.0, 0.25), (0.92, 0.4)):
            around = ring(0, 0, 1, 1, 40)
            square = np.sign(around) * np.abs(around) ** 0.35
            flat = square * (body.length / 2 * grown, body.breadth / 2 * grown)
            on = self.world(np.column_stack([flat, np.zeros(len(flat))]))
            self.easel.veil(self.easel.eye.place(on), (16, 16, 22), cover)
            if grown > 1 and mood.shade > 0.2:
                thrown = on + np.append(reach, 0)
                hull = cv2.convexHull(np.concatenate([on, thrown])[:, :2].astype(np.float32))[:, 0].astype(
                    float
                )
                shadow = np.column_stack([hull, np.zeros(len(hull))])
                self.easel.veil(self.easel.eye.place(shadow), (24, 26, 44), 0.35 * mood.shade)

    def _mirrored(self) -> None:
        """The vehicle's dim image in a wet road."""
        for mesh, tone, cover in (
            (tub_mesh(self.car), self.paint, 0.34),
            (cabin_mesh(self.car), _GLASS, 0.26),
        ):
            upside_down = mesh.reshape(-1, 3) * (1, 1, -1)
            where = self.easel.eye.place(self.world(upside_down)).astype(np.float32)
            if len(where):
                hull = cv2.convexHull(where)[:, 0].astype(float)
                self.easel.veil(hull, self.easel.mood.lit(tone, 6), cover)

    def _round(self, x: float, y: float, z: float, radius: float, count: int = 40) -> Points:
        circle = ring(x, z, radius, radius, count)
        return np.column_stack([circle[:, 0], np.full(count, y), circle[:, 1]])

    def _wheel(self, axle: float) -> None:
        """A wheel that can be seen, in the dark of its arch."""
        body, way = self.car.body, self.side
        x, radius = axle * body.length, body.wheel
        y = way * (body.breadth / 2 - 0.005)
        places = ring(x, radius, radius * 1.17, radius * 1.17, 36).tolist()
        arch = [on_side(self.car, along, max(high, body.clear), way) for along, high in places]
        self._patch(arch, (14, 14, 16))
        self.easel.shape(self.world(self._round(x, y, radius, radius)), _RUBBER)
        self._rim(x, y, radius)

    def _tyre(self, axle: float, way: int) -> None:
        """What of a tyre shows below the body."""
        body = self.car.body
        x, radius = axle * body.length, body.wheel
        y = way * (body.breadth / 2 - 0.005)
        inner, outer = (self.world(self._round(x, place, radius, radius)) for place in (y - way * 0.24, y))
        both = np.concatenate([self.easel.eye.place(inner), self.easel.eye.place(outer)]).astype(np.float32)
        if not len(both):
            return
        hull = cv2.convexHull(both)[:, 0].astype(float)
        away = float(np.mean(self.easel.eye.depths(outer)[:, 2]))
        self.easel.fill(hull, self.easel.mood.lit(_RUBBER, away))

    def _rim(self, x: float, y: float, radius: float) -> None:
        steel = rgb("b4babf")
        self.easel.shape(self.world(self._round(x, y, radius, radius * 0.97)), rgb("26272a"))
        self.easel.shape(self.world(self._round(x, y, radius, radius * 0.66)), rgb("4a4e53"))
        count = self.car.marks.spokes
        for spoke in range(count):
            turn = 2 * math.pi * spoke / count + 0.3
            wide = min(0.34, 1.7 / count)
            corners = [(0.1, turn + 0.7), (0.64, turn + wide / 2), (0.64, turn - wide / 2), (0.1, turn - 0.7)]
            self._patch(
                [(x + radius * r * math.cos(t), y, radius + radius * r * math.sin(t)) for r, t in corners],
                steel,
            )
        band = self._round(x, y, radius, radius * 0.68)
        where = self.easel.eye.place(self.world(band))
        away = float(np.mean(self.easel.eye.depths(self.world(band))[:, 2]))
        self.easel.stroke(
            np.concatenate([where, where[:2]]),
            self.easel.mood.lit(steel, away),
            self._long(radius * 0.07, away),
        )
        self.easel.shape(self.world(self._round(x, y, radius, radius * 0.13, 16)), lighter(steel, 0.3))

    # -------------------------------------------------------------------------- sides

    def _sills(self) -> None:
        """The dark lower edge all around, as far as it can be seen."""
        body = self.car.body
        low, high = body.clear, body.clear + (0.2 if body.roomy else 0.13)
        half = body.length / 2
        xs = np.linspace(-half * 0.97, half * 0.97, 24)
        bottom = [on_side(self.car, x, low, self.side) for x in xs]
        top = [on_side(self.car, x, high, self.side) for x in xs]
        if self._sees_side():
            self._patch([*bottom, *top[::-1]], _TRIM)
        near, far = (0.97, 0.8) if self._sees_side() else (0.93, 0.93)
        ys = np.linspace(-far, near, 20) * self.side * body.breadth / 2
        bumper = high + (0.05 if body.clear > 0.28 else 0.0)
        bottom = [on_end(self.car, y, low, self.end) for y in ys]
        top = [on_end(self.car, y, bumper, self.end) for y in ys]
        if self._sees_end():
            self._patch([*bottom, *top[::-1]], _TRIM)

    def _sees_side(self) -> bool:
        return bool(abs(self.eye[1]) > self.car.body.breadth / 2)

    def _sees_end(self) -> bool:
        return bool(abs(self.eye[0]) > self.car.body.length / 2)

    def _side_details(self) -> None:
        """Door lines, handles, a crease, and on some a stripe."""
        if not self._sees_side():
            return
        body, way = self.car.body, self.side
        seam = darker(self.paint, 0.42)
        low, half = body.clear + 0.18, body.length / 2
        crease = body.clear + self.car.marks.crease * (body.belt - body.clear)
        if self.car.marks.stripe or body.roomy:
            xs = np.linspace(-half * 0.93, half * 0.93, 20)
            wide = 0.16 if body.roomy else 0.06
            tone = mix(self.paint, rgb("f4f1e8") if sum(self.paint) < 480 else rgb("3a5f8a"), 0.75)
            edge = [on_side(self.car, x, crease - 0.1, way) for x in xs]
            self._patch([*edge, *[on_side(self.car, x, crease - 0.1 - wide, way) for x in xs[::-1]]], tone)
        for x in self._doors():
            top = float(self.car.shoulder(np.array([x]))[0])
            start = max([low, *(self._above_wheel(x, axle) for axle in body.axles)])
            self._line([on_side(self.car, x, z, way) for z in np.linspace(start, top, 7)], seam, 0.014)
        level = crease + 0.12
        for x in (x for x in self._handles() if self._clear_of_wheels(x, 0.17, level)):
            places = [
                on_side(self.car, x + dx, level + dz, way)
                for dx, dz in ((0, 0), (0.17, 0), (0.17, 0.035), (0, 0.035))
            ]
            self._patch(places, darker(self.paint, 0.3) if sum(self.paint) > 200 else rgb("5b6066"))

    def _doors(self) -> list[float]:
        """Where the doors begin and end, by where the windows do."""
        car = self.car
        edges = [place for pair in car.body.windows for place in pair] if not car.body.roomy else []
        rear, front, _, _ = (float(part) for part in car.cabin(np.array(0.2)))
        middle, half = (rear + front) / 2, (front - rear) / 2
        if car.kind == "bus":
            return [2.55, 3.1, 3.65, -0.9, -0.35, 0.2] if self.side < 0 else []
        if car.kind == "truck":
            return [0.25 * car.body.length, 0.42 * car.body.length]
        doors = [middle + half * (a + b) / 2 for a, b in zip(edges[1:-1:2], edges[2::2], strict=False)]
        return [*doors, middle + half * edges[-1], middle + half * edges[0]] if len(edges) < 9 else doors

    def _above_wheel(self, x: float, axle: float) -> float:
        """How high the arch of a wheel reaches, at a place along the vehicle."""
        radius = self.car.body.wheel * 1.17
        aside = abs(x - axle * self.car.body.length)
        return self.car.body.wheel + math.sqrt(radius**2 - aside**2) if aside < radius else 0.0

    def _clear_of_wheels(self, x: float, wide: float, level: float) -> bool:
        places = (x - 0.03, x + wide / 2, x + wide + 0.03)
        highest = max(self._above_wheel(at, axle) for at in places for axle in self.car.body.axles)
        return highest + 0.04 < level

    def _handles(self) -> list[float]:
        doors = sorted(self._doors())
        return [x + 0.1 for x in doors[:-1]] if self.car.kind not in ("bus", "van") else doors[:1]

    # -------------------------------------------------------------------------- cabin

    def _cabin(self) -> None:
        car = self.car
        if car.body.bed:
            self._bed()
        self._surface(quads(cabin_mesh(car), closed=True))
        # What is farther is behind the cabin itself: only the faces the eye is before are drawn on.
        side, end = ("left" if self.side > 0 else "right"), ("front" if self.end > 0 else "rear")
        rear, front, _, _ = (float(part) for part in car.cabin(np.array(0.0)))
        if self.eye[0] > front if self.end > 0 else self.eye[0] < rear:
            self._screen(end)
        if self._sees_side():
            for left, right in car.body.windows:
                self._window(side, left, right)
            self._mirror()
        self._surface(quads(roof_mesh(car), closed=False))
        if car.marks.rails:
            for way in (-1, 1):
                places = [
                    on_cabin(car, share, 0.99, "left" if way > 0 else "right") for share in (-0.8, 0, 0.75)
                ]
                self._line([(x, y * 0.95, z + 0.07) for x, y, z in places], _CHROME, 0.035)

    def _window(self, face: str, left: float, right: float) -> None:
        low, high = 0.1, 0.8 if not self.car.body.roomy else 0.74
        shares = np.linspace(left, right, 7)
        sweep = max(0.0, right - 0.6) * 0.35
        edge = [on_cabin(self.car, s, low, face) for s in shares]
        top = [on_cabin(self.car, s - sweep * 0.4 * (s > 0.5), high, face) for s in shares[::-1]]
        self._patch([*edge, *top], _GLASS)
        for start, end in ((0.0, 0.42), (0.5, 0.62)):
            places = [
                (start, low + 0.04),
                (end, low + 0.04),
                (min(1, end + 0.32), high - 0.04),
                (min(1, start + 0.32), high - 0.04),
            ]
            shine = [
                on_cabin(self.car, left + (right - left) * (0.04 + 0.92 * at), v, face) for at, v in places
            ]
            where = self.easel.eye.place(self.world(np.array(shine)))
            self.easel.veil(where, self.easel.mood.lit(mix(self.easel.mood.sky[1], _GLASS, 0.3), 5), 0.28)

    def _screen(self, face: str) -> None:
        low, high, reach = 0.08, 0.86, 0.86
        if face == "rear" and self.car.kind in ("van", "truck"):
            return
        shares = np.linspace(-reach, reach, 13)
        edge = [on_cabin(self.car, s, low, face) for s in shares]
        top = [on_cabin(self.car, s * 0.97, high, face) for s in shares[::-1]]
        self._patch([*edge, *top], _GLASS)
        for start, end in ((-0.7, -0.15), (0.0, 0.18)):
            places = [
                (start, low + 0.04),
                (end, low + 0.04),
                (end + 0.45, high - 0.03),
                (start + 0.45, high - 0.03),
            ]
            shine = self.world(np.array([on_cabin(self.car, s, v, face) for s, v in places]))
            self.easel.veil(self.easel.eye.place(shine), self.easel.mood.lit(self.easel.mood.sky[1], 5), 0.25)
        wiper = [on_cabin(self.car, s, v, face) for s, v in ((0.1, 0.06), (-0.5, 0.16))]
        self._line(wiper, (18, 18, 20), 0.018)

    def _mirror(self) -> None:
        x, y, z = on_cabin(self.car, 0.74, 0.16, "left" if self.side > 0 else "right")
        out = y + self.side * 0.17
        shape = [(x, y, z), (x + 0.03, out, z - 0.02), (x + 0.03, out, z + 0.12), (x - 0.05, y, z + 0.1)]
        self._patch(shape, darker(self.paint, 0.3))
        self._patch(
            [
                (x - 0.1, out, z - 0.02),
                (x + 0.09, out, z - 0.02),
                (x + 0.07, out, z + 0.12),
                (x - 0.1, out, z + 0.13),
            ],
            darker(self.paint, 0.12),
        )

    def _bed(self) -> None:
        """The open box of a pickup: a dark floor between its walls."""
        body = self.car.body
        rear, front = -0.47 * body.length, body.tail * body.length - 0.04
        out, z = body.breadth / 2 * 0.84, body.boot + 0.05
        self._patch([(rear, -out, z), (front, -out, z), (front, out, z), (rear, out, z)], rgb("1d1e20"))

    def _cargo(self) -> None:
        """The box on a truck."""
        cargo, body = self.car.body.cargo, self.car.body
        if cargo is None:
            return
        rear, front = (share * body.length for share in cargo)
        out, low, high = body.breadth / 2 * 1.02, body.boot - 0.08, body.height + 0.35
        shell = rgb("e9e6dd")
        corners = np.array([[rear, -out], [front, -out], [front, out], [rear, out]])
        ring_low, ring_high = (np.column_stack([corners, np.full(4, z)]) for z in (low, high))
        mesh = np.linspace(ring_low, ring_high, 5)
        self._surface(quads(mesh, closed=True), shell)
        side = self.side * (out + 0.01)
        if self._sees_side():
            band = [
                (rear + 0.05, side, low + 0.9),
                (front - 0.05, side, low + 0.9),
                (front - 0.05, side, low + 1.2),
                (rear + 0.05, side, low + 1.2),
            ]
            self._patch(band, self.paint)
            for x in np.linspace(rear, front, 7)[1:-1]:
                self._line([(float(x), side, low), (float(x), side, high)], darker(shell, 0.1), 0.012)
        if self.end < 0:
            doors = [(rear - 0.006, y, z) for y, z in ((-1, 0.1), (1, 0.1), (1, 0.94), (-1, 0.94))]
            self._patch([(x, y * out * 0.93, low + z * (high - low)) for x, y, z in doors], self.paint)
            for y in (-out * 0.96, 0.0, out * 0.96):
                self._line(
                    [(rear - 0.01, y, low + 0.05), (rear - 0.01, y, high - 0.05)], darker(shell, 0.25), 0.03
                )

    # ---------------------------------------------------------------------- front, rear

    def _on_end(self, shape: Sequence[tuple[float, float]], way: int) -> list[_Place]:
        return [on_end(self.car, y, z, way) for y, z in shape]

    def _front(self) -> None:
        if not self._sees_end():
            return
        body = self.car.body
        low, high = body.clear, float(self.car.shoulder(np.array([body.length * 0.49]))[0])
        tall = high - low
        self._grille(low, tall)
        for way in (-1, 1):
            self._headlamp(way, low + tall * 0.7, tall)
            fog = [
                (way * body.breadth * 0.37 + 0.06 * math.cos(t), low + tall * 0.24 + 0.045 * math.sin(t))
                for t in np.linspace(0, 2 * math.pi, 14)
            ]
            self._patch(self._on_end(fog, 1), rgb("dfe3e6"))
        self._badge(low + tall * 0.86, 1)

    def _grille(self, low: float, tall: float) -> None:
        half, dark = self.car.body.breadth / 2, rgb("15171a")
        top, bottom, broad, foot = {
            "bars": (0.8, 0.52, 0.5, 0.46),
            "wide": (0.76, 0.6, 0.66, 0.62),
            "split": (0.82, 0.5, 0.32, 0.28),
            "mesh": (0.74, 0.3, 0.52, 0.66),
            "slim": (0.72, 0.64, 0.6, 0.6),
        }[self.car.marks.grille]
        upper, lower = low + tall * top, low + tall * bottom
        shape = [(s * half * broad, upper) for s in np.linspace(-1, 1, 9)]
        shape += [(s * half * foot, lower) for s in np.linspace(1, -1, 9)]
        self._patch(self._on_end(shape, 1), dark)
        bars = {"bars": 4, "wide": 2, "split": 3, "mesh": 6, "slim": 1}[self.car.marks.grille]
        for bar in range(bars):
            z = lower + (upper - lower) * (bar + 0.5) / bars
            edge = foot + (broad - foot) * (bar + 0.5) / bars
            line = [(s * half * edge * 0.94, z) for s in np.linspace(-1, 1, 9)]
            self._line(
                self._on_end(line, 1), _CHROME if self.car.marks.grille != "mesh" else rgb("5a5f65"), 0.014
            )
        if self.car.marks.grille == "split":
            self._line(self._on_end([(0, lower), (0, upper)], 1), self.paint, 0.06)

    def _headlamp(self, way: int, z: float, tall: float) -> None:
        half = self.car.body.breadth / 2
        y, glass = way * half * 0.78, rgb("eef3f5")
        size = min(0.13, tall * 0.2)
        if self.car.marks.lamps == "round":
            shape = [(y + size * math.cos(t), z + size * math.sin(t)) for t in np.linspace(0, 6.28, 22)]
        else:
            inner, outer, lift = {
                "slim": (0.55, 0.95, 0.35),
                "square": (0.62, 0.93, 0.85),
                "swept": (0.56, 0.97, 0.6),
            }[self.car.marks.lamps]
            rise = size * lift
            slant = rise * (1.1 if self.car.marks.lamps == "swept" else 0.1)
            across = np.linspace(inner, outer, 5)
            shape = [(way * half * s, z - rise + slant * 0.5 * k / 4) for k, s in enumerate(across)]
            shape += [
                (way * half * s, z + rise + slant * k / 4) for k, s in reversed(list(enumerate(across)))
            ]
        self._patch(self._on_end(shape, 1), rgb("2b3036"))
        middle = np.mean(np.array(shape), axis=0)
        inner_shape = [tuple(middle + (np.array(point) - middle) * 0.82) for point in shape]
        self._patch(self._on_end([(float(a), float(b)) for a, b in inner_shape], 1), glass, glows=self.lights)
        if self.lights:
            where = self.easel.eye.place(
                self.world(np.array([on_end(self.car, float(middle[0]), float(middle[1]), 1)]))
            )
            self.easel.glow(where[0], self._long(0.36, self._near()), (255, 238, 200), 0.5)

    def _near(self) -> float:
        return float(np.linalg.norm(self.eye)) - self.car.body.length / 3

    def _rear(self) -> None:
        if not self._sees_end():
            return
        body = self.car.body
        low, high = body.clear, body.boot
        tall = high - low
        seam = darker(self.paint, 0.42)
        if body.cargo is None:
            self._line(
                self._on_end(
                    [(s * body.breadth * 0.42, low + tall * 0.36) for s in np.linspace(-1, 1, 9)], -1
                ),
                seam,
                0.014,
            )
        if self.car.kind == "van":
            self._line(
                [(-body.length * 0.5, 0, low + 0.2), (*on_cabin(self.car, 0, 0.95, "rear"),)], seam, 0.016
            )
        for way in (-1, 1):
            self._taillamp(way, low + tall * 0.72, tall)
        self._badge(low + tall * 0.86, -1)

    def _taillamp(self, way: int, z: float, tall: float) -> None:
        half, lamps = self.car.body.breadth / 2, self.car.marks.lamps
        inner, rise = {
            "round": (0.72, 0.11),
            "slim": (0.48, 0.05),
            "square": (0.78, 0.16),
            "swept": (0.6, 0.085),
        }[lamps]
        across = np.linspace(inner, 0.95, 5)
        shape = [(way * half * s, z - rise) for s in across] + [
            (way * half * s, z + rise) for s in across[::-1]
        ]
        red = rgb("ff4a38") if self.lights else rgb("b3221e")
        self._patch(self._on_end(shape, -1), red, glows=self.lights)
        inside = [
            (way * half * s, z + rise * t) for s, t in ((0.84, -0.5), (0.93, -0.5), (0.93, 0.1), (0.84, 0.1))
        ]
        self._patch(self._on_end(inside, -1), rgb("f0a35a"))
        if self.lights:
            where = self.easel.eye.place(self.world(np.array([on_end(self.car, way * half * 0.85, z, -1)])))
            self.easel.glow(where[0], self._long(0.3, self._near()), (255, 60, 40), 0.45)

    def _badge(self, z: float, way: int) -> None:
        shape = [(0.055 * math.cos(t), z + 0.055 * math.sin(t)) for t in np.linspace(0, 6.28, 16)]
        self._patch(self._on_end(shape, way), _CHROME)

    # -------------------------------------------------------------------------- plate

    def plate(self, words: str) -> Points | None:
        """Set the plate where it belongs and tell its corners in the picture; None where it is hidden."""
        body = self.car.body
        if abs(self.eye[0]) < body.length * 0.75:
            return None
        wide, tall = PLATE_SIZE
        z = body.clear + (body.hood[0] - body.clear) * (0.25 if self.end > 0 else 0.5)
        x = max(abs(on_end(self.car, y, z + dz, self.end)[0]) for y in (0.0, wide / 2) for dz in (0, tall))
        place = self.end * (x + 0.015)
        left, right = (wide / 2, -wide / 2) if self.end < 0 else (-wide / 2, wide / 2)
        places = [(place, left, z + tall), (place, right, z + tall), (place, right, z), (place, left, z)]
        corners = self.easel.eye.place(self.world(np.array(places)))
        _set_plate(self.easel, corners, _plate_face(words))
        return corners


def _plate_face(words: str) -> Pixels:
    """A flat plate with a blue band and dark letters."""
    wide, tall = 372, 102
    image = Image.new("RGB", (wide, tall), tuple(round(v) for v in _PLATE))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 30, tall), fill=_PLATE_BAND)
    draw.rectangle((0, 0, wide - 1, tall - 1), outline=_PLATE_INK, width=5)
    size = 78
    while size > 12 and font(size).getlength(words) > wide - 50:
        size -= 3
    draw.text(
        (30 + (wide - 32) / 2, tall / 2),
        words,
        fill=_PLATE_INK,
        font=font(size),
        anchor="mm",
        stroke_width=2,
        stroke_fill=_PLATE_INK,
    )
    return np.array(image, np.uint8)


def _set_plate(easel: Easel, corners: Points, face: Pixels) -> None:
    where = corners * FINER
    low = np.maximum(np.floor(where.min(axis=0)).astype(int) - 1, 0)
    high = np.ceil(where.max(axis=0)).astype(int) + 2
    part = easel.canvas[low[1] : max(low[1], high[1]), low[0] : max(low[0], high[0])]
    if not part.size:
        return
    tall, wide = face.shape[:2]
    # Shrunk first, so that letters are not made of every third pixel.
    scale = min(1.0, max(0.05, float(np.ptp(where[:, 0])) / wide))
    small = np.asarray(
        cv2.resize(
            face, (max(2, round(wide * scale)), max(2, round(tall * scale))), interpolation=cv2.INTER_AREA
        ),
        np.uint8,
    )
    rows, columns = small.shape[:2]
    flat = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    bend = cv2.getPerspectiveTransform(flat, (where - low).astype(np.float32))
    size = (part.shape[1], part.shape[0])
    dim = float(min(1.0, 0.35 + 0.65 * max(easel.mood.tint)))
    laid = cv2.warpPerspective(small, bend, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros(part.shape[:2], np.uint8)
    cv2.fillConvexPoly(cover, np.rint((where - low) * 16).astype(np.int32), 255, cv2.LINE_AA, _SHIFT)
    share = cover.astype(np.float32)[..., None] / 255
    part[:] = (part + (laid.astype(np.float32) * dim - part) * share).astype(np.uint8)
