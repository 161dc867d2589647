"""Reads ratings: MovieLens files, Parquet, and the partitions of the rating log that `npm run retrain` keeps in R2."""

import re
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from .errors import BadData
from .storage import Files

COLUMNS = ["userId", "movieId", "stars", "time"]
FILES = ["ratings.csv", "ratings.dat", "u.data", "rating.csv"]
LOG_SCHEMA = "userId int, movieId int, halfStars short, timestamp long, seq long"
LARGEST_ID = 2**31 - 1

# Rows of the log that a training takes (trainer/retrain/log/bad-rows.ts); the others are left out, as in the nightly job.
IS_SOUND = "userId >= 0 and (halfStars is null or halfStars between 1 and 10) and timestamp between 0 and 253402300799"


def read_ratings(spark: SparkSession, data: str, log: str | None = None) -> DataFrame:
    """userId, movieId int, stars float, time long (seconds, 0 unknown), position long (the order of the source).

    Each (user, movie) once: the latest time counts, of equal ones the log's, then the later row, as in
    trainer/retrain/log/join.ts. Paths are whatever Spark reads: file:, hdfs:, s3a:.
    """
    base = checked(_read_base(spark, data), data).withColumn("seq", F.lit(-1).cast("long"))
    if log is None:
        return _latest(base)
    rows = _read_log(spark, log).where(IS_SOUND)
    deleted = rows.where("movieId = -1").select("userId").distinct()
    added = rows.where("movieId >= 0").select(
        "userId",
        "movieId",
        (F.coalesce("halfStars", F.lit(0)) / 2).cast("float").alias("stars"),
        F.col("timestamp").alias("time"),
        (F.lit(2**62) + F.col("seq")).alias("position"),
        "seq",
    )
    kept = base.unionByName(added).join(deleted, "userId", "left_anti")
    return _latest(kept).where("stars > 0")  # 0 stars: taken back


def _latest(ratings: DataFrame) -> DataFrame:
    newest = Window.partitionBy("userId", "movieId").orderBy(F.desc("time"), F.desc("seq"), F.desc("position"))
    return ratings.withColumn("age", F.row_number().over(newest)).where("age = 1").drop("age", "seq")


def _read_base(spark: SparkSession, path: str) -> DataFrame:
    file = _find(spark, path)
    name = file.removesuffix(".gz")
    if name.endswith((".dat", ".data")):
        separator = "::" if name.endswith(".dat") else "\t"
        rows = spark.read.csv(file, sep=separator, schema="userId string, movieId string, stars string, time string")
    elif name.endswith(".csv"):
        rows = spark.read.csv(file, header=True)
    else:
        rows = spark.read.parquet(file)
    stars = next((name for name in ("rating", "stars") if name in rows.columns), "stars")
    time = next((name for name in ("timestamp", "time") if name in rows.columns), None)
    missing = [name for name in ("userId", "movieId", stars) if name not in rows.columns]
    if missing:
        raise BadData(
            f"{file}: got the columns {', '.join(rows.columns)}, expected userId, movieId, rating and perhaps timestamp"
        )
    return rows.select(
        _number("userId", "double").alias("userId"),
        _number("movieId", "double").alias("movieId"),
        _number(stars, "float").alias("stars"),
        (F.coalesce(_number(time, "long"), F.lit(0)) if time else F.lit(0)).cast("long").alias("time"),
        F.monotonically_increasing_id().alias("position"),
    )


def _number(column: str, kind: str) -> Column:
    return F.expr(f"try_cast(`{column}` as {kind})")


def checked(rows: DataFrame, source: str) -> DataFrame:
    """The same rows, ids as integers. Raises BadData, which shows the first that are no ratings."""
    is_id = " and ".join(f"{name} >= 0 and {name} <= {LARGEST_ID} and {name} = floor({name})" for name in COLUMNS[:2])
    is_rating = "stars >= 0.5 and stars <= 5 and stars * 2 = floor(stars * 2)"
    bad = rows.where(f"not coalesce({is_id} and {is_rating}, false)")
    first = bad.limit(3).collect()
    if first:
        shown = "; ".join(f"user {r.userId}, movie {r.movieId}, {r.stars} stars" for r in first)
        raise BadData(
            f"{source}: {bad.count()} rows are no ratings: {shown}. Expected integer ids from 0 to {LARGEST_ID} and "
            "0.5 to 5 stars in steps of 0.5. Mend or delete them."
        )
    ids = {name: F.col(name).cast("int") for name in COLUMNS[:2]}
    return rows.withColumns(ids)


def _find(spark: SparkSession, path: str) -> str:
    """The rating file of a folder, the path itself where it is a file or a folder of Parquet parts."""
    files = Files(spark, path)
    if not files.exists(path):
        raise BadData(f"{path}: no such file or folder")
    if files.is_file(path):
        return path
    for name in FILES:
        for file in (f"{path}/{name}", f"{path}/{name}.gz"):
            if files.exists(file):
                return file
    if files.glob(f"{path}/*.parquet"):
        return path
    raise BadData(f"{path}: no rating file, looked for {', '.join(FILES)} (plain or .gz) and Parquet parts")


def _read_log(spark: SparkSession, path: str) -> DataFrame:
    """The log's partitions: Arrow files, or Parquet with the same columns."""
    logs = _logs(Files(spark, path), path.rstrip("/"))
    arrow = spark.read.format("binaryFile").option("pathGlobFilter", "*.arrow").load(logs)
    parquet = spark.read.option("pathGlobFilter", "*.parquet").schema(LOG_SCHEMA).parquet(*logs)
    return arrow.mapInPandas(_decode, LOG_SCHEMA).unionByName(parquet)


def _logs(files: Files, path: str) -> list[str]:
    """The log of `DB` and, beside it, those of `DB_1` and so on: log, log-1 … (shared/ratings/log-partitions.ts)."""
    numbered = [log for log in files.glob(f"{path}-*") if re.search(r"-\d+$", log)]
    logs = [*dict.fromkeys(files.glob(path) + numbered)]
    if not any(files.is_file(log) or files.glob(f"{log}/*.{{arrow,parquet}}") for log in logs):
        raise BadData(f"{path}: no .arrow or .parquet files there, nor in {path}-1 and so on. Without a log, leave --log out.")
    return logs


def _decode(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for frame in frames:
        for content in frame["content"]:
            table = pa.ipc.open_file(pa.BufferReader(content)).read_all()
            yield table.select(["userId", "movieId", "halfStars", "timestamp", "seq"]).to_pandas()
