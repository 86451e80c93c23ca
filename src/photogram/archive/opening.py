"""An archive of either kind, told by its bytes: what lies in it, and one member of it."""

from photogram.archive import tarring, unzipping
from photogram.archive.inventory import Entry, Inventory
from photogram.archive.unzipping import Ranged


def inventory(read: Ranged, size: int, where: str) -> Inventory:
    """What lies where, from the archive alone."""
    listed = tarring.tar_inventory if _is_tar(read(0, tarring.BLOCK)) else unzipping.inventory
    return listed(read, size, where)


def unpacked(entry: Entry, data: bytes, where: str) -> bytes:
    """The member in the bytes from its header on, after every proof that it is the one."""
    read = tarring.untarred if _is_tar(data[: tarring.BLOCK]) else unzipping.unpacked
    return read(entry, data, where)


def _is_tar(head: bytes) -> bool:
    return not head.startswith(b"PK") and tarring.is_tar(head)
