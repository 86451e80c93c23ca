"""Phones for visual inspection: few bad ones in real life, so they are made from good ones.

    python examples/phones.py                        a clean phone is drawn, and defects into it
    python examples/phones.py --phone clean.png      the same with a photograph of your own
    python examples/phones.py --count 300            how many pictures with a defect

Every picture with a defect comes with its exact mask, and outside the mask it is its parent to the
pixel. The contact sheet shows picture, mask and the defect at its own size.
"""

import argparse
from pathlib import Path

import numpy as np

import photogram as pg
from photogram.builds import sheet
from photogram.dataset import Dataset
from photogram.pixels import codecs, masks

BRIEF = """
[dataset]
name = "phones"
purpose = "Find scratches, oil and stains on the fronts of phones."
{good}

[[edit]]
of = "good"
label = "bad"
each = {each}
count = {count}
prompt = "a {{severity}} {{defect}} on the screen of a phone"
where = {{ box = {box} }}         # the screen, in shares of the picture
[edit.vary]
defect = ["scratch", "oil", "stain"]
severity = ["light", "moderate", "severe"]
"""

DRAWN = """
[[make]]
label = "good"
count = 12
size = "1024x768"
prompt = "A {finish} phone on a grey table, seen from above"
facts = { surface = "phone", defect = "none" }
vary = { finish = ["black", "white"] }
"""

TAKEN = """
[[take]]
from = [{path!r}]
label = "good"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--phone", type=Path, help="a photograph of a clean phone")
    parser.add_argument("--box", default="[0.2, 0.25, 0.6, 0.5]", help="where its screen is, in shares")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path("phones"))
    given = parser.parse_args()

    # One brief says everything: the clean pictures, and what is to happen to them.
    good = TAKEN.format(path=str(given.phone.absolute())) if given.phone else DRAWN
    each = given.count if given.phone else -(-given.count // 12)
    given.folder.mkdir(parents=True, exist_ok=True)
    brief = BRIEF.format(good=good, each=each, count=given.count, box=given.box)
    (given.folder / "brief.toml").write_text(brief, "utf-8")

    # Run it again and nothing is made twice.
    ran = pg.run(given.folder)
    for tick in ran.columns:
        print(f"{tick.column:<10} {tick.filled:>5} filled  {tick.seconds:6.1f} s")

    out = given.folder / "contact-sheet.png"
    with Dataset(given.folder) as opened:
        tiles = [tile for row in first_of_each_kind(opened) for tile in shown(opened, row)]
    out.write_bytes(sheet.png(tiles, "Phones: picture, mask, and the defect at its own size", columns=6))
    print(out)


def first_of_each_kind(opened, most=4):
    """A few rows of each defect and severity."""
    seen: dict[tuple[str, str], int] = {}
    for row in opened.ledger.rows(columns=("image",)):
        kind = (row.facts.get("defect", ""), row.facts.get("severity", ""))
        seen[kind] = seen.get(kind, 0) + 1
        if row.parent and row.image() and seen[kind] <= most:
            yield row


def shown(opened, row):
    """A picture, its mask, and the part around the defect, not scaled."""
    files, name = row.cells["image"].files, f"{row.facts['defect']}, {row.facts['severity']}"
    picture, mask = opened.store.read(files["image"]), opened.store.read(files["mask"])
    rgb, region = codecs.decode(picture), codecs.decode(mask)[..., 0]
    area = masks.box_of(region)
    middle = np.array([area.top + area.height // 2, area.left + area.width // 2])
    top, left = np.clip(middle - (90, 120), 0, np.array(region.shape) - (180, 240)).tolist()
    crop = np.ascontiguousarray(rgb[top : top + 180, left : left + 240])
    return (
        sheet.Tile(image=picture, caption=name, note="picture"),
        sheet.Tile(image=mask, caption=name, note="mask"),
        sheet.Tile(image=codecs.encode_png(crop), caption=name, note="at its own size"),
    )


if __name__ == "__main__":
    main()
