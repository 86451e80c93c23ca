"""As much of S3 as a batch job needs: objects are put, read and listed, in buckets that need no making."""

from collections.abc import Mapping
from urllib.parse import unquote
from xml.sax.saxutils import escape

from photogram.simulator.call import Answer, Request

AT = "/s3"
ROUTES = (
    ("PUT", AT + "/{bucket}/{key:.+}"),
    ("GET", AT + "/{bucket}/{key:.+}"),
    ("GET", AT + "/{bucket}"),
)
PAGE = 1000


class Buckets:
    """What has been put, by bucket and key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def read(self, request: Request) -> Answer:
        bucket, key = request.parts["bucket"], unquote(request.parts.get("key", ""))
        if not key:
            return self._listed(bucket, request.query)
        place = f"{bucket}/{key}"
        if request.method == "PUT":
            self.objects[place] = request.body
            return Answer(b"", headers={"ETag": f'"{len(request.body)}"'})
        if place not in self.objects:
            why = b"<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>"
            return Answer(why, 404, kind="application/xml")
        return Answer(self.objects[place], kind="application/octet-stream")

    def under(self, uri: str) -> list[str]:
        """The places of the objects below an address, in order."""
        begins = uri.removeprefix("s3://")
        return sorted(place for place in self.objects if place.startswith(begins))

    def _listed(self, bucket: str, query: Mapping[str, str]) -> Answer:
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        keys = [place.partition("/")[2] for place in self.under(f"s3://{bucket}/{prefix}")]
        keys = [key for key in keys if key > after]
        page = keys[:PAGE]
        found = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in page)
        cut = len(keys) > len(page)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if cut else ""
        said = f"<IsTruncated>{str(cut).lower()}</IsTruncated>{token}{found}"
        return Answer(f"<ListBucketResult>{said}</ListBucketResult>".encode(), kind="application/xml")
