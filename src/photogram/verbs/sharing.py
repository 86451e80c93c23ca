"""Putting a dataset where others can fetch from it, and handing out a link to one picture."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from photogram.dataset import Dataset, Watch
from photogram.faults import BadInput
from photogram.results import Linked, Published
from photogram.surveying import Folder, unwatched


def publish(dataset: Folder = ".", to: str | Sequence[str] = (), watch: Watch = unwatched) -> Published:
    """Publish the dataset: shards, an index and its rows as tables, to a folder or a bucket.

    Others see it when all of it is there, by one small file that is written last. What is there already
    is not sent again, so one that was broken off goes on. Rows are Parquet with the extra `parquet`,
    else JSON Lines.

    to: a folder, or an address such as s3://bucket/set, gs://bucket/set, az://container/set.
    """
    places = [to] if isinstance(to, str) else list(to)
    if len(places) != 1:
        do = "`photogram publish DATASET s3://bucket/set`, or a folder"
        raise BadInput("name one place to publish to", do=do)
    if "://" not in places[0] and Path(places[0]).resolve() == Path(dataset).resolve():
        do = "name a folder of its own, such as `published`, or a bucket"
        raise BadInput(f"{places[0]} is the dataset itself", do=do)
    with Dataset(Path(dataset), make=False) as opened:
        return import_module("photogram.builds.publish").publish(opened, places[0], watch)


def link(names: Sequence[str] = (), from_: str = "", expires: str = "1h") -> list[Linked]:
    """Give links that open one picture each, in a browser, for whoever has them, until they end.

    A link opens the picture alone, so it is put beside the archives first, once.

    names: pictures, by title, row or name in the archive.
    from: the published set, in s3://, gs:// or az://.
    expires: how long a link lasts, such as 15m, 1h or 7d.
    """
    if not (names and from_):
        do = "`photogram link hk0155.jpg --from s3://bucket/set`"
        raise BadInput("name a picture and the set it is in", do=do)
    return import_module("photogram.builds.linking").links(from_, names, expires)
