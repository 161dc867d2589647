"""Files wherever Hadoop finds them: file:, hdfs:, and s3a: of any S3 API, such as Cloudflare R2's."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import pyspark
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from .errors import BadData

Answer = TypeVar("Answer")

# What Java's errors mean, by a part of their text, the most particular first.
MEANINGS = {
    "S3AFileSystem not found": "Spark lacks hadoop-aws. Give spark-submit --packages {package}, in the version of the "
    "cluster's Hadoop.",
    'for scheme "s3"': "Write s3a:// for s3://.",
    "NoAuthWithAWSException": "There are no keys. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; R2's come with an API "
    "token of R2.",
    "UnknownStoreException": "There is no such bucket at {endpoint}. Set AWS_ENDPOINT_URL; R2's is "
    "https://ACCOUNT.r2.cloudflarestorage.com.",
    "AccessDeniedException": "{endpoint} refuses these keys. They must read and write the bucket.",
    "UnknownHostException": "{endpoint} is not to be found. Mend AWS_ENDPOINT_URL.",
    "ConnectException": "{endpoint} does not answer. Mend AWS_ENDPOINT_URL.",
}


def s3_conf(paths: Iterable[str | None], environment: Mapping[str, str]) -> dict[str, str]:
    """Settings of Spark for paths of s3a:. Keys and endpoint it takes from the environment itself, for executors too."""
    if not any(path and path.startswith("s3a:") for path in paths):
        return {}
    conf = {"spark.jars.packages": package()}
    if environment.get("AWS_ENDPOINT_URL"):
        region = environment.get("AWS_REGION") or "auto"
        conf |= {"spark.hadoop.fs.s3a.endpoint.region": region, "spark.hadoop.fs.s3a.path.style.access": "true"}
    return conf


def package() -> str:
    """hadoop-aws, of the version of PySpark's Hadoop: others do not fit."""
    jar = next((Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar"), None)
    return f"org.apache.hadoop:hadoop-aws:{jar.stem.rsplit('-', 1)[1] if jar else 'VERSION'}"


def meaning_of(error: str, endpoint: str | None) -> str:
    """What to do about a Java error, and its own first line."""
    known = (text for part, text in MEANINGS.items() if part in error)
    advice = next(known, "").format(package=package(), endpoint=endpoint or "the endpoint")
    return f"{advice} ({error.splitlines()[0][:300]})".strip()


class Files:
    """The file system of a path. Raises BadData where it cannot be reached."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        jvm = spark.sparkContext._jvm
        assert jvm is not None
        configuration = spark.sparkContext._jsc.hadoopConfiguration()
        self._endpoint: str | None = configuration.get("fs.s3a.endpoint")
        self._of = jvm.org.apache.hadoop.fs.Path
        self._system = self._ask(path, lambda: self._of(path).getFileSystem(configuration))

    def exists(self, path: str) -> bool:
        return self._ask(path, lambda: bool(self._system.exists(self._of(path))))

    def is_file(self, path: str) -> bool:
        return self._ask(path, lambda: bool(self._system.getFileStatus(self._of(path)).isFile()))

    def glob(self, pattern: str) -> list[str]:
        found = self._ask(pattern, lambda: self._system.globStatus(self._of(pattern)))
        return [status.getPath().toString() for status in found or []]

    def make_folder(self, path: str) -> None:
        self._ask(path, lambda: self._system.mkdirs(self._of(path)))

    def _ask(self, path: str, question: Callable[[], Answer]) -> Answer:
        try:
            return question()
        except Py4JJavaError as error:
            raise BadData(f"{path}: {meaning_of(error.java_exception.toString(), self._endpoint)}") from None
