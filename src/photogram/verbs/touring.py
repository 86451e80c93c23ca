"""The tour: everything photogram does, in the order it does it. Read it as a table of contents."""

import sys
import webbrowser
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from shutil import which
from typing import Any

from photogram.data import Row, Tick
from photogram.dataset import Dataset
from photogram.faults import BadInput
from photogram.results import Toured
from photogram.store import told
from photogram.verbs.beginning import new
from photogram.verbs.filling import plan, run

STORIES = ("inspection", "buildings", "scenes", "traffic")


def tour(folder: str | Path = "photogram-tour", show: bool = False) -> Toured:
    """Make a small dataset of each story's kind, without a key or a network, and show what came out.

    Safe to repeat: what is there already is not made again.

    folder: where the datasets and the contact sheet go.
    show: open the contact sheet in a browser.
    """
    home = Path(folder)
    if home.exists() and any(home.iterdir()) and not any((home / story).exists() for story in STORIES):
        raise BadInput(f"{home} holds something else", do="name another folder with --folder")
    for story in STORIES:
        _one_story(home / story, story)
    tiles = [tile for story in STORIES for tile in _tiles(home / story)]
    sheet, page = _contact_sheet(home, tiles)
    if show:
        webbrowser.open(page.absolute().as_uri())
    return Toured(
        folder=str(home),
        pictures=len(tiles),
        sheet=str(sheet),
        page=str(page),
        next=(
            f"{program()} status {home / 'inspection'}",
            f"{program()} new my-set --story {STORIES[0]}",
            f"{program()} models",
        ),
    )


def program() -> str:
    """What to type for photogram here: its name where a shell finds it, else the way it was called."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "photogram" and not which("photogram") else "photogram"


def _one_story(folder: Path, story: str) -> None:
    # A dataset begins as a brief: one TOML file that says which pictures are wanted.
    if not (folder / "brief.toml").exists():
        new(folder, story)

    # The brief becomes rows with stable ids. Nothing is asked, nothing is spent.
    planned = plan(folder)
    labels = ", ".join(f"{count} {label}" for label, count in planned.labels.items())
    _say(f"{story}: {planned.rows} rows: {labels}")

    # Every column is filled: pictures, measures, annotations. A second run has nothing to do.
    ran = run(folder, watch=_said)
    if ran.stopped:
        raise BadInput(f"the {story} story stopped: {ran.stopped[0]}")


def _said(tick: Tick) -> None:
    if tick.over:
        by = f" by {tick.model}" if tick.model else ""
        _say(f"  {tick.column:<11}{tick.filled:>4} cells filled{by}, {tick.seconds:.1f} s")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tiles(folder: Path) -> Iterator[Any]:
    """A tile for each picture: the picture, what it is, and its mask where it has one."""
    sheet = import_module("photogram.builds.sheet")
    with Dataset(folder) as opened:
        for row in opened.ledger.rows(columns=("image",)):
            cell, picture = row.cells.get("image"), row.image()
            if cell and picture:
                mask = cell.files.get("mask")
                yield sheet.Tile(
                    image=opened.store.read(picture),
                    caption=row.label or row.name,
                    note=_note(row),
                    mask=opened.store.read(mask) if mask else None,
                )


def _note(row: Row) -> str:
    told_already = {"surface", "defect", row.label}
    facts = (str(value) for name, value in row.facts.items() if name not in told_already)
    return ", ".join(list(facts)[:3])


def _contact_sheet(home: Path, tiles: list[Any]) -> tuple[Path, Path]:
    """The contact sheet as a picture and as a page; they are ours and made anew each time."""
    sheet = import_module("photogram.builds.sheet")
    title = "What photogram made"
    subtitle = "four stories, drawn without a key by the renderer that ships inside"
    picture, page = home / "contact-sheet.png", home / "contact-sheet.html"
    with told(home):
        picture.write_bytes(sheet.png(tiles, title))
        page.write_text(sheet.html(tiles, title, subtitle), "utf-8")
    return picture, page
