"""Drives the sandbox's S3 store with boto3, an implementation that shares nothing with the store or with our client.

Called by tests/peers.rs with SANDBOX_S3_URL, SANDBOX_S3_BUCKET, SANDBOX_S3_KEY, SANDBOX_S3_SECRET and SANDBOX_POKES_URL.
"""

import json
import os
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = os.environ["SANDBOX_S3_URL"]
BUCKET = os.environ["SANDBOX_S3_BUCKET"]
POKES = os.environ["SANDBOX_POKES_URL"]


def connect(secret=os.environ["SANDBOX_S3_SECRET"]):
    return boto3.client(
        "s3",
        endpoint_url=URL,
        region_name="eu-central-1",
        aws_access_key_id=os.environ["SANDBOX_S3_KEY"],
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


s3 = connect()


def raises(status, code, call):
    try:
        call()
    except ClientError as error:
        got = (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
        assert got[0] == status and (code is None or got[1] == code), f"expected {status} {code}, got {got}"
        return
    raise AssertionError(f"expected {status} {code}, and nothing was raised")


def fetch(url, method="GET", body=None):
    """Status and body of a plain request, as a browser makes it."""
    request = urllib.request.Request(url, method=method, data=body)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def poke(path, body):
    request = urllib.request.Request(
        f"{POKES}/_sandbox/{path}", data=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    urllib.request.urlopen(request).read()


def objects():
    s3.head_bucket(Bucket=BUCKET)
    s3.put_object(
        Bucket=BUCKET,
        Key="img/a.png",
        Body=b"picture",
        ContentType="image/png",
        CacheControl="private, max-age=3600",
        Metadata={"attempt": "7"},
    )
    answer = s3.get_object(Bucket=BUCKET, Key="img/a.png")
    assert answer["Body"].read() == b"picture"
    assert answer["ContentType"] == "image/png" and answer["CacheControl"] == "private, max-age=3600"
    assert answer["Metadata"] == {"attempt": "7"}
    assert s3.head_object(Bucket=BUCKET, Key="img/a.png")["ContentLength"] == 7
    part = s3.get_object(Bucket=BUCKET, Key="img/a.png", Range="bytes=1-3")
    assert part["Body"].read() == b"ict"
    s3.copy_object(Bucket=BUCKET, Key="img/b.png", CopySource={"Bucket": BUCKET, "Key": "img/a.png"})
    raises(412, "PreconditionFailed", lambda: s3.put_object(Bucket=BUCKET, Key="img/a.png", Body=b"x", IfNoneMatch="*"))


def listing():
    for index in range(5):
        s3.put_object(Bucket=BUCKET, Key=f"list/{index}", Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="list/", PaginationConfig={"PageSize": 2})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == [f"list/{index}" for index in range(5)]
    folders = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")["CommonPrefixes"]
    assert [folder["Prefix"] for folder in folders] == ["img/", "list/"]


def deleting():
    s3.delete_object(Bucket=BUCKET, Key="img/b.png")
    raises(404, "NoSuchKey", lambda: s3.get_object(Bucket=BUCKET, Key="img/b.png"))
    raises(404, "404", lambda: s3.head_object(Bucket=BUCKET, Key="img/b.png"))
    s3.delete_object(Bucket=BUCKET, Key="img/never-there.png")
    gone = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": f"list/{index}"} for index in range(5)]})
    assert len(gone["Deleted"]) == 5


def signatures():
    good = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "img/a.png"}, ExpiresIn=60)
    assert fetch(good) == (200, b"picture")
    upload = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "img/c.png"}, ExpiresIn=60)
    assert fetch(upload, "PUT", b"from a browser")[0] == 200
    assert s3.get_object(Bucket=BUCKET, Key="img/c.png")["Body"].read() == b"from a browser"
    assert fetch(good.replace("a.png", "c.png"))[0] == 403
    assert fetch(good.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))[0] == 403
    assert fetch(f"{URL}/{BUCKET}/img/a.png")[0] == 403
    raises(403, "SignatureDoesNotMatch", lambda: connect("another").get_object(Bucket=BUCKET, Key="img/a.png"))


def outage():
    poke("storage/outage", {"seconds": 60})
    raises(503, None, lambda: s3.get_object(Bucket=BUCKET, Key="img/a.png"))
    raises(503, None, lambda: s3.put_object(Bucket=BUCKET, Key="img/a.png", Body=b"x"))
    poke("storage/outage", {"seconds": 0})
    assert s3.get_object(Bucket=BUCKET, Key="img/a.png")["Body"].read() == b"picture"


for check in (objects, listing, deleting, signatures, outage):
    check()
    print(f"boto3 {boto3.__version__}: {check.__name__} ok")
