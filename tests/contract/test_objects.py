"""What every store of objects does, be it a folder or a store that speaks S3."""

import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from csms.kit.failures import StartFailed
from csms.ports.objects import NoSuchObject, Objects, ObjectsUnavailable, checked_key
from csms.storage.objects.folder import FolderObjects
from csms.storage.objects.s3 import PART, Bucket, S3Objects
from tests.conftest import NO_TLS
from tests.s3 import S3Server, free_port

LARGE = bytes(range(256)) * 4096 * 20 + b"the end"


@pytest.fixture(scope="module")
async def s3_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[S3Server]:
    async with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def bucket_of(server: S3Server) -> Bucket:
    return Bucket("files", server.endpoint, access_key=server.access_key, secret_key=server.secret_key)


@pytest.fixture(scope="module")
async def open_bucket(s3_server: S3Server) -> AsyncIterator[S3Objects]:
    store = S3Objects(bucket_of(s3_server))
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def bucket(open_bucket: S3Objects) -> S3Objects:
    async for one in open_bucket.list():
        await open_bucket.delete(one.key)
    return open_bucket


@pytest.fixture(params=["folder", "s3"])
async def store(request: pytest.FixtureRequest, bucket: S3Objects, tmp_path: Path) -> Objects:
    if request.param == "s3":
        return bucket
    folder = FolderObjects(tmp_path / "objects")
    await folder.open()
    return folder


async def said(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def read(chunks: AsyncIterable[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def test_what_was_put_comes_back_with_its_size_and_time(store: Objects) -> None:
    assert await store.put("a/b.bin", said(b"one", b"", b"two")) == 6
    assert await read(store.get("a/b.bin")) == b"onetwo"
    told = await store.head("a/b.bin")
    assert told is not None
    assert (told.key, told.size) == ("a/b.bin", 6)
    assert abs(told.modified_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_an_empty_object_is_an_object(store: Objects) -> None:
    assert await store.put("empty", said()) == 0
    assert await read(store.get("empty")) == b""
    assert (told := await store.head("empty")) is not None
    assert told.size == 0


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, len(LARGE)])
async def test_large_bodies_come_in_pieces_of_any_size(store: Objects, size: int) -> None:
    body = LARGE[:size]
    pieces = [body[n : n + 70_001] for n in range(0, size, 70_001)]
    assert await store.put("large", said(*pieces)) == size
    assert hashlib.sha256(await read(store.get("large"))).digest() == hashlib.sha256(body).digest()


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 9), (5, None), (2_000_000, 2_500_000), (len(LARGE) - 7, None)])
async def test_a_range_of_bytes_is_that_range(store: Objects, first: int, last: int | None) -> None:
    await store.put("large", said(LARGE))
    wanted = LARGE[first:] if last is None else LARGE[first : last + 1]
    assert await read(store.get("large", first=first, last=last)) == wanted


async def test_who_stops_reading_leaves_the_store_well(store: Objects) -> None:
    await store.put("large", said(LARGE))
    for _ in range(12):
        async with aclosing(store.get("large")) as chunks:  # type: ignore[type-var]  # it is a generator in all stores
            assert await anext(chunks)
    assert await store.put("small", said(b"still there")) == 11


async def test_an_object_is_replaced_as_a_whole(store: Objects) -> None:
    await store.put("one", said(b"a long first text"))
    await store.put("one", said(b"second"))
    assert await read(store.get("one")) == b"second"


class Broken(Exception):
    pass


@pytest.mark.parametrize("before", [b"some", LARGE])
async def test_a_body_that_breaks_off_changes_nothing(store: Objects, before: bytes) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield before
        raise Broken

    await store.put("one", said(b"what was there"))
    for key in ("one", "two"):
        with pytest.raises(Broken):
            await store.put(key, breaking())
    assert await read(store.get("one")) == b"what was there"
    assert [found.key async for found in store.list()] == ["one"]


async def test_what_is_not_there_is_no_such_object(store: Objects) -> None:
    assert await store.head("nothing") is None
    with pytest.raises(NoSuchObject):
        await read(store.get("nothing"))
    await store.delete("nothing")


async def test_what_was_deleted_is_gone(store: Objects) -> None:
    await store.put("one", said(b"1"))
    await store.delete("one")
    assert await store.head("one") is None


async def test_a_list_is_of_what_begins_so_by_key(store: Objects) -> None:
    for key in ("b/2", "a/1", "b/1", "bc", "c/d/e"):
        await store.put(key, said(b"x"))
    assert [one.key async for one in store.list("b/")] == ["b/1", "b/2"]
    assert [one.key async for one in store.list()] == ["a/1", "b/1", "b/2", "bc", "c/d/e"]
    assert [one async for one in store.list("none")] == []


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "../a", "a/../b", "a//b", ".hidden", "a/.b", "a b", "a\\b", "a\0", "x" * 101]
)
async def test_a_key_that_could_lead_elsewhere_is_refused(store: Objects, key: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.put(key, said(b"x")),
        lambda: store.head(key),
        lambda: store.delete(key),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="no key"):
            await call()  # type: ignore[misc]
    with pytest.raises(ValueError, match="no key"):
        await read(store.get(key))


def test_keys_of_ours_are_keys() -> None:
    assert checked_key("brought/2026-11-25/0f.tar.gz") == "brought/2026-11-25/0f.tar.gz"


async def test_a_folder_presigns_nothing(tmp_path: Path) -> None:
    assert await FolderObjects(tmp_path).presign("one", within_s=60) is None


async def test_what_was_left_in_a_folder_long_ago_is_gone_and_what_another_process_writes_is_not(
    tmp_path: Path,
) -> None:
    folder = FolderObjects(tmp_path)
    await folder.open()
    (tmp_path / ".incoming" / "left").write_bytes(b"half")
    os.utime(tmp_path / ".incoming" / "left", (0, 0))
    (tmp_path / ".incoming" / "fresh").write_bytes(b"half")
    await folder.open()
    assert [path.name for path in (tmp_path / ".incoming").iterdir()] == ["fresh"]


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    folder = FolderObjects(tmp_path)
    await folder.open()
    (tmp_path / ".incoming").rmdir()
    (tmp_path / ".incoming").write_bytes(b"in the way")
    with pytest.raises((NoSuchObject, ObjectsUnavailable)):
        await folder.put("one", said(b"1"))


async def test_a_presigned_address_is_good_for_a_time_and_for_nobody_elses_key(bucket: S3Objects) -> None:
    await bucket.put("one", said(b"for all"))
    good, old = await bucket.presign("one", within_s=60), await bucket.presign("one", within_s=-10)
    assert good is not None
    assert old is not None
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        assert (await client.get(good)).content == b"for all"
        assert (await client.get(old)).status_code >= 400
        assert (await client.get(good.replace("Signature=", "Signature=0"))).status_code >= 400


async def test_wrong_keys_and_a_missing_bucket_are_told_with_their_settings(s3_server: S3Server) -> None:
    right = bucket_of(s3_server)
    for wrong in (
        Bucket("files", right.endpoint, access_key=right.access_key, secret_key="0" * 32),
        Bucket("nowhere", right.endpoint, access_key=right.access_key, secret_key=right.secret_key),
    ):
        with pytest.raises(StartFailed, match="S3_BUCKET"):
            await S3Objects(wrong).open()
    nobody = Bucket("files", f"http://127.0.0.1:{free_port()}", access_key="a" * 20, secret_key="b" * 20)
    with pytest.raises(StartFailed, match="S3_ENDPOINT"):
        await S3Objects(nobody).open()


async def test_a_store_that_goes_away_is_unavailable(tmp_path: Path) -> None:
    async with S3Server(tmp_path) as server:
        store = S3Objects(bucket_of(server))
        await store.open()
        await store.put("one", said(b"1"))
    with pytest.raises(ObjectsUnavailable):
        await store.put("two", said(b"2"))
    with pytest.raises(ObjectsUnavailable):
        await store.head("one")
    await store.close()
