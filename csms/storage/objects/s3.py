"""Objects in a bucket of a store that speaks S3."""

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aioboto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from csms.kit.failures import StartFailed
from csms.ports.objects import NoSuchObject, ObjectsUnavailable, StoredObject, checked_key

PART = 8 * 1024 * 1024
CHUNK = 262_144
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
CONFIG = {
    "signature_version": "s3v4",
    "connect_timeout": 5,
    "read_timeout": 30,
    "retries": {"max_attempts": 2, "mode": "standard"},
    "request_checksum_calculation": "when_required",  # stores other than Amazon's sum up a range as the whole
    "response_checksum_validation": "when_required",
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is, and who may use it; without an endpoint it is Amazon's, without keys its machines' own."""

    name: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: str | None = None


class S3Objects:
    """The `Objects` of one bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._stack = contextlib.AsyncExitStack()
        self._client: Any = None

    async def open(self) -> None:
        """Reach the bucket; raise `StartFailed` with the setting to change."""
        where, style = self._bucket, "path" if self._bucket.endpoint else "auto"
        session = aioboto3.Session(
            aws_access_key_id=where.access_key, aws_secret_access_key=where.secret_key, region_name=where.region
        )
        config = Config(**CONFIG, s3={"addressing_style": style})
        self._client = await self._stack.enter_async_context(
            session.client("s3", endpoint_url=where.endpoint, config=config)
        )
        try:
            await self._client.head_bucket(Bucket=where.name)
        except ClientError as error:
            await self.close()
            raise StartFailed(f"S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY: {where.name}: {error}") from error
        except BotoCoreError as error:
            await self.close()
            raise StartFailed(f"S3_ENDPOINT: no store at {where.endpoint}: {error}") from error

    async def close(self) -> None:
        await self._stack.aclose()

    async def put(self, key: str, body: AsyncIterable[bytes]) -> int:
        parts = _parts(body)
        target = self._target(key)
        first = await anext(parts, b"")
        if len(first) < PART:
            await self._said("put_object", **target, Body=first)
            return len(first)
        return await self._put_in_parts(target, first, parts)

    async def get(self, key: str, *, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        wanted = {"Range": f"bytes={first}-{'' if last is None else last}"} if first or last is not None else {}
        answer = await self._said("get_object", **self._target(key), **wanted)
        ranged = not wanted or "ContentRange" in answer
        skip, left = (0 if ranged else first), (None if last is None else last - first + 1)
        stream = answer["Body"]  # its own context gives what is inside, which cannot read pieces
        async with stream:
            while left != 0:
                with _told():
                    chunk = await stream.read(CHUNK)
                if not chunk:
                    return
                piece, skip = chunk[skip:], max(0, skip - len(chunk))
                piece = piece if left is None else piece[:left]
                left = None if left is None else left - len(piece)
                if piece:
                    yield piece

    async def head(self, key: str) -> StoredObject | None:
        try:
            told = await self._said("head_object", **self._target(key))
        except NoSuchObject:
            return None
        return StoredObject(key, told["ContentLength"], told["LastModified"])

    async def list(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket.name, Prefix=prefix)
        with _told():
            async for page in pages:
                for told in page.get("Contents", ()):
                    yield StoredObject(told["Key"], told["Size"], told["LastModified"])

    async def delete(self, key: str) -> None:
        with contextlib.suppress(NoSuchObject):
            await self._said("delete_object", **self._target(key))

    async def presign(self, key: str, *, within_s: int) -> str | None:
        return str(
            await self._client.generate_presigned_url("get_object", Params=self._target(key), ExpiresIn=within_s)
        )

    def _target(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": checked_key(key)}

    async def _said(self, name: str, **arguments: Any) -> Any:
        with _told():
            return await getattr(self._client, name)(**arguments)

    async def _put_in_parts(self, target: dict[str, str], first: bytes, parts: AsyncIterator[bytes]) -> int:
        upload = {**target, "UploadId": (await self._said("create_multipart_upload", **target))["UploadId"]}
        try:
            done, size = [await self._put_part(upload, 1, first)], len(first)
            async for part in parts:
                done.append(await self._put_part(upload, len(done) + 1, part))
                size += len(part)
            await self._said("complete_multipart_upload", **upload, MultipartUpload={"Parts": done})
        except BaseException:
            with contextlib.suppress(NoSuchObject, ObjectsUnavailable):
                await self._said("abort_multipart_upload", **upload)
            raise
        return size

    async def _put_part(self, upload: dict[str, str], number: int, part: bytes) -> dict[str, Any]:
        answer = await self._said("upload_part", **upload, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": answer["ETag"]}


async def _parts(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in parts of the size that a store takes, the last one shorter."""
    waiting = bytearray()
    async for chunk in body:
        waiting += chunk
        while len(waiting) >= PART:
            yield bytes(waiting[:PART])
            del waiting[:PART]
    if waiting:
        yield bytes(waiting)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell what the store refuses as the port tells it."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in MISSING:
            raise NoSuchObject(str(error)) from error
        raise ObjectsUnavailable(str(error)) from error
    except (BotoCoreError, OSError) as error:
        raise ObjectsUnavailable(f"{type(error).__name__}: {error}") from error
