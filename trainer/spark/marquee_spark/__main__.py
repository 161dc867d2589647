"""python -m marquee_spark --ratings D --to FOLDER. Exit code 1: bad data, 2: bad flags."""

import argparse
import os
import sys
import tempfile
import zipfile
from dataclasses import fields
from pathlib import Path

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from .errors import BadData
from .job import train
from .settings import Settings
from .storage import s3_conf

HELP = {
    "factors": "rating factors K, the bias not counted",
    "als_iterations": "iterations of MLlib's ALS",
    "als_reg": "its regularisation, times the number of ratings of each row",
    "sweeps": "sweeps over films and users after ALS, as npm run train makes them",
    "seed": "seed of ALS",
    "relevance_movies": "films in lists at most, C: a task holds 36 C² bytes",
    "min_ratings": "ratings that a film needs to take part in lists",
    "history_decay": "ratings after which a liked film counts 1/e",
    "history_floor": "weight of a liked film that never fades",
    "dislike_weight": "weight of a disliked film",
    "recent_decay": "ratings after which what was just watched counts 1/e",
}


FOR_S3 = (
    "Where Maven Central is out of reach, hadoop-aws and what it needs can be given as files: "
    "--conf spark.jars.packages= --conf spark.jars=A.jar,B.jar"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="trainer/spark/run", description="trains Marquee's model on Spark")
    parser.add_argument("--ratings", required=True, help="a MovieLens file or folder, or Parquet: file:, hdfs:, s3a:")
    parser.add_argument("--log", help="the rating log, ratings/log of the bucket: with it log-1 … of further databases")
    parser.add_argument("--to", required=True, help="folder that gets users/, movies/ and moments/")
    parser.add_argument("--master", help="Spark's master; without it spark-submit's, or local[*]")
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting of Spark's")
    for setting in fields(Settings):
        kind = float if isinstance(setting.default, float) else int
        flag = f"--{setting.name.replace('_', '-')}"
        parser.add_argument(flag, type=kind, default=setting.default, help=f"{HELP[setting.name]} ({setting.default})")
    asked = parser.parse_args()
    settings = Settings(**{setting.name: getattr(asked, setting.name) for setting in fields(Settings)})
    conf = s3_conf([asked.ratings, asked.log, asked.to], os.environ) | dict(each.partition("=")[::2] for each in asked.conf)
    try:
        with open_spark(asked.master, conf) as spark:
            train(spark, asked.ratings, asked.to, settings, asked.log, say)
        print(asked.to)
    except BadData as error:
        say(f"error: {error}")
        sys.exit(1)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def open_spark(master: str | None, conf: dict[str, str]) -> SparkSession:
    builder = SparkSession.builder.appName("marquee").config("spark.ui.showConsoleProgress", "false")
    if master:
        builder = builder.master(master)
    for key, value in conf.items():
        builder = builder.config(key, value)
    try:
        spark = builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise BadData(f"Spark did not start; why, it says above. {FOR_S3 if 'spark.jars.packages' in conf else error}") from None
    spark.sparkContext.setLogLevel("ERROR")
    spark.sparkContext.addPyFile(zipped())
    return spark


def zipped() -> str:
    """This package as the executors get it."""
    here = Path(__file__).parent
    target = Path(tempfile.mkdtemp(prefix="marquee-")) / "marquee_spark.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(here.glob("*.py")):
            archive.write(file, f"{here.name}/{file.name}")
    return str(target)


if __name__ == "__main__":
    main()
