"""A dataset with all that a picture can have, and what another dataset that took an export in has of it."""

import numpy as np
from PIL import Image

from photogram import verbs
from photogram.dataset import Dataset
from photogram.pixels import codecs, masks

from .small import ANNOTATE, write

MORE = f"""
{ANNOTATE}
[[make]]
label = "scratched"
count = 3
size = "96x64"
prompt = "a phone with a scratch {{n}}"
facts = {{ surface = "phone", defect = "scratch" }}
[make.vary]
n = [1, 2, 3]
[[take]]
from = ["../photos/good"]
label = "good"
[[take]]
from = ["../photos/bad/*.jpg"]
masks = ["../photos/bad/*_mask.png"]
label = "bad"
[[edit]]
of = "good"
label = "stained"
prompt = "a stain"
where = {{ box = [0.2, 0.2, 0.6, 0.6] }}
facts = {{ defect = "stain" }}
"""


def ring(side=48, wide=64):
    """A mask with a hole, a part in the hole, and a part apart."""
    y, x = np.mgrid[:side, :wide]
    far = np.hypot(x - 20, y - 24)
    mask = ((far < 16) & (far > 8)) | (far < 3) | ((x > 50) & (y > 40))
    return mask.astype(np.uint8) * 255


def shoot(folder, number, *, mask=None, ending="jpg"):
    """A picture nobody has seen before, as a camera would leave it."""
    noise = np.random.default_rng(number).integers(0, 255, (48, 64, 3), np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise).save(folder / f"shot {number}.{ending}")
    if mask is not None:
        (folder / f"shot {number}_mask.png").write_bytes(masks.encode(mask))


def made(folder):
    """Ten good ones, four with a defect and its mask, three drawn, and an edit of each good one."""
    photos = folder.parent / "photos"
    for number in range(10):
        shoot(photos / "good", number, ending="png" if number % 3 == 0 else "jpg")
    for number in range(10, 14):
        shoot(photos / "bad", number, mask=ring())
    write(folder, groups={}, more=MORE)
    assert verbs.run(folder).exit_code == 0
    return folder


def held(folder):
    """All that is said of each picture, by the hash of its bytes."""
    found = {}
    with Dataset(folder) as opened:
        for row in opened.ledger.rows(columns=("image", "mask", "annotation")):
            if row.image() is None:
                continue
            region = row.mask() or row.mask("mask")
            header = codecs.inspect(opened.store.read(row.image()))
            found[row.image().sha256] = {
                "row": row,
                "label": row.label,
                "caption": row.cells["image"].value.get("caption", ""),
                "boxes": row.cells["image"].value.get("boxes", []),
                "mask": None if region is None else _pixels(opened, region, header),
                "split": row.split,
                "synthetic": row.synthetic,
            }
    return found


def _pixels(opened, mask, header):
    return masks.read(opened.store.read(mask), header.width, header.height)
