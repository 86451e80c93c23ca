"""Bedrock as its own kit speaks it: clients of a simulator, pictures and masks to send, bodies to invoke."""

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import NamedTuple

import boto3
import numpy as np
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError

from photogram.pixels.codecs import decode, encode_jpeg, encode_png

KEY = "AKIDEXAMPLE"
ENVIRON = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY, "AWS_REGION": "us-west-2"}
"""The simulator takes the access key for the secret one, so that it can hold signatures against it."""


def client(url, *, key=KEY, region="us-west-2"):
    """The vendor's kit, without its own retries."""
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def invoke(kit, model, body):
    """What a model says to a body, as data."""
    answer = kit.invoke_model(
        modelId=model, body=json.dumps(body), contentType="application/json", accept="application/json"
    )
    return json.loads(answer["body"].read())


def b64(data):
    return b64encode(data).decode()


def grey(width=640, height=480):
    """A red square on grey."""
    rgb = np.full((height, width, 3), 127, np.uint8)
    rgb[8:96, 8:96] = (255, 0, 0)
    return rgb


def left(width=640, height=480, columns=200):
    """Which pixels are to change: those at the left."""
    changed = np.zeros((height, width), bool)
    changed[:, :columns] = True
    return changed


def mask(white):
    """A picture that is white where this holds, and black elsewhere."""
    return encode_png(np.repeat(np.where(white, 255, 0).astype(np.uint8)[..., None], 3, axis=2))


def seen(said, index=0):
    """The picture in what an image model said, as pixels."""
    return decode(b64decode(said["images"][index]))


PICTURE = encode_png(grey())
JPEG = encode_jpeg(grey())
SCHEMA = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "brightness": {"type": "number"},
        "severity": {"type": "string", "enum": ["none", "low", "high"]},
    },
    "required": ["description", "brightness", "severity"],
    "additionalProperties": False,
}
STABLE = "us.stability.stable-image-"
CORE = "stability.stable-image-core-v1:1"
CANVAS = "amazon.nova-canvas-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"


def cleared(clear):
    """The picture, see-through where this holds."""
    return encode_png(np.dstack([grey(), np.where(clear, 0, 255).astype(np.uint8)]))


class Sent(NamedTuple):
    """One request as it went out."""

    url: str
    headers: dict[str, str]
    body: bytes


def kits_own(call, *, region="us-west-2", token=None):
    """The request that the vendor's kit makes of a call; nothing is sent."""
    sent = []
    kit = boto3.client(
        "bedrock-runtime",
        region_name=region,
        aws_access_key_id=KEY,
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}),
    )

    def keep(request, **_):
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        sent.append(Sent(request.url, headers, request.body))
        return AWSResponse(request.url, 500, {}, None)

    kit.meta.events.register("before-send.bedrock-runtime", keep)
    with suppress(ClientError, AttributeError):
        call(kit)
    return sent[0]


def signature(sent, region, secret, token=None):
    """The signature that the kit's own signer puts under a request with just these headers, at its time."""
    left_out = ("authorization", "x-amz-date", "x-amz-security-token")
    given = {name: value for name, value in sent.headers.items() if name not in left_out}
    request = AWSRequest("POST", sent.url, headers=given, data=sent.body)
    request.context["timestamp"] = sent.headers["x-amz-date"]
    signer = SigV4Auth(BotoCredentials(KEY, secret, token), "bedrock", region)
    signer._modify_request_before_signing(request)
    told = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(told, request)
