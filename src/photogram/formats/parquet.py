"""Parquet as Hugging Face's hub has it: pictures and masks in the table, with what is said of them."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from photogram.columns import labelled_of, values_of
from photogram.faults import BadInput, NotSetUp
from photogram.format import Target
from photogram.labelled import Brought, Labelled
from photogram.laid import UNREADABLE, files_in, json_bytes, relative, split_in

PART_ROWS = 5_000
GROUP_ROWS = 100
"""A group is read at once, so it holds no more pictures than fit in memory."""


def _extra(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        do = "pip install 'photogram[parquet]'"
        raise NotSetUp("Parquet is read and written by pyarrow, which is not installed", do=do) from None


class Format:
    """`data/SPLIT-00000.parquet`, and on."""

    carries = ("label", "caption", "boxes", "mask")

    def write(self, pictures: Iterable[Labelled], to: Target) -> Iterable[str]:
        _extra("pyarrow")
        for split, those in groupby(pictures, key=lambda one: one.split):
            for number, part in enumerate(_parts(those, PART_ROWS)):
                _write_part(f"data/{split}-{number:05}.parquet", part, to)
        return ()

    def use(self) -> str:
        return (
            "`datasets.load_dataset('.')`, `pandas.read_parquet('data')`, or in DuckDB\n"
            "`SELECT label, count(*) FROM 'data/*.parquet' GROUP BY label`."
        )

    def read(self, folder: Path) -> Iterator[Brought]:
        parquet = _extra("pyarrow.parquet")
        found = [path for path in files_in(folder) if path.suffix == ".parquet"]
        if not found:
            raise BadInput("there is no Parquet file in it", where=str(folder))
        for path in found:
            yield from _read_part(parquet, path, relative(path, folder))


def _parts(those: Iterable[Labelled], size: int) -> Iterator[list[Labelled]]:
    left = iter(those)
    while part := list(islice(left, size)):
        yield part


def _write_part(path: str, part: list[Labelled], to: Target) -> None:
    arrow, parquet = _extra("pyarrow"), _extra("pyarrow.parquet")
    schema = _schema(arrow)
    with to.open(path) as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _parts(part, GROUP_ROWS):
            rows = [_row(one, to) for one in group]
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema), row_group_size=GROUP_ROWS)
    for one in part:
        to.lies(path, one)


def _row(one: Labelled, to: Target) -> dict[str, Any]:
    mask = {"bytes": to.mask_bytes(one), "path": f"{one.name}.mask.png"} if one.mask else None
    return {"image": {"bytes": to.bytes_of(one), "path": one.file}, "mask": mask, **values_of(one)}


def _schema(arrow: Any) -> Any:
    text, number = arrow.string(), arrow.float64()
    picture = arrow.struct([("bytes", arrow.binary()), ("path", text)])
    objects = arrow.struct([("bbox", arrow.list_(arrow.list_(number))), ("categories", arrow.list_(text))])
    columns: dict[str, Any] = {"image": picture, "mask": picture, "label": text, "caption": text}
    columns |= {"objects": objects, "synthetic": arrow.bool_(), "origin": text, "group": text, "row": text}
    return arrow.schema(list(columns.items()), metadata={"huggingface": json_bytes(_FEATURES).strip()})


_TEXT, _LIST = {"dtype": "string", "_type": "Value"}, "List"
_FEATURES: dict[str, Any] = {
    "info": {
        "features": {
            "image": {"_type": "Image"},
            "mask": {"_type": "Image"},
            **dict.fromkeys(("label", "caption", "origin", "group", "row"), _TEXT),
            "synthetic": {"dtype": "bool", "_type": "Value"},
            "objects": {
                "bbox": {
                    "_type": _LIST,
                    "feature": {"_type": _LIST, "feature": {"dtype": "float64", "_type": "Value"}},
                },
                "categories": {"_type": _LIST, "feature": _TEXT},
            },
        }
    }
}
"""Which columns are pictures, as the hub's readers look it up."""


def _read_part(parquet: Any, path: Path, place: str) -> Iterator[Brought]:
    try:
        groups = parquet.ParquetFile(path).iter_batches(batch_size=GROUP_ROWS)
        for number, values in enumerate(row for group in groups for row in group.to_pylist()):
            yield _brought(values, f"{place}, row {number}", split_in(Path(place).stem))
    except (OSError, *UNREADABLE) as error:  # pyarrow's own errors are of these kinds
        yield Brought(place, b"", Labelled(name=""), trouble=f"it cannot be read: {error}")


def _brought(values: dict[str, Any], place: str, split: str) -> Brought:
    try:
        name = Path(values["image"]["path"] or "picture").stem
        mask: dict[str, Any] = values.get("mask") or {}
        labelled = labelled_of(values, name, split)
        return Brought(place, values["image"]["bytes"], labelled, mask.get("bytes"))
    except UNREADABLE as error:
        return Brought(place, b"", Labelled(name=""), trouble=f"this row holds no picture: {error}")
