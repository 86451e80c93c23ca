"""A form taken apart by the standard library's own reader of mail."""

from email.parser import BytesParser
from email.policy import HTTP


def parts(kind, body):
    """Each part of a form: its field, its file's name, its media type and its bytes."""
    mail = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    assert mail.is_multipart()
    assert not mail.defects
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type() if part.get_filename() else None,
            part.get_payload(decode=True),
        )
        for part in mail.iter_parts()
    ]


def fields(kind, body):
    """The fields of a form that are no files."""
    return {name: data.decode() for name, file, _, data in parts(kind, body) if file is None}


def files(kind, body):
    """The files of a form: field, media type and bytes, in the order they came."""
    return [(name, media, data) for name, file, media, data in parts(kind, body) if file is not None]
