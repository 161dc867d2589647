"""Trains on Spark and writes users/, movies/ and moments/ as Parquet, which `npm run import-factors` takes."""

import time
from dataclasses import dataclass

import numpy as np
from pyspark import StorageLevel
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from .errors import BadData
from .histories import Floats, Ints
from .people import Progress, collected, people_of, sum_histories, sum_users, sweep_movies, vectors_of
from .posterior import CONSTANTS, Movies, Prior, principal_axes, prior_of, rotated
from .ratings import read_ratings
from .settings import MOVIE_DAMPING, USER_DAMPING, Settings
from .storage import Files

# Rounds in which the users' prior is learned before the films move, and after.
ROUNDS = 3

# What a training starts from: τ of a rating, Λ of a bias.
FIRST_TAU = 1.4
FIRST_BIAS_PRECISION = 5.0


@dataclass(frozen=True)
class Films:
    """What is counted of the films, rows ascending by id."""

    ids: Ints
    biases: Floats
    counts: Ints
    means: Floats


@dataclass(frozen=True)
class About:
    """What is counted of all ratings."""

    mean: float
    ratings: int
    newest: int
    scale: tuple[float, float, float]


def train(
    spark: SparkSession, data: str, to: str, settings: Settings, log: str | None = None, say: Progress = print
) -> None:
    started = time.monotonic()

    def step(text: str) -> None:
        say(f"{time.monotonic() - started:7.1f} s  {text}")

    Files(spark, to).make_folder(to)  # hours later it would be late to hear that nothing can be written there
    ratings = read_ratings(spark, data, log).persist(StorageLevel.MEMORY_AND_DISK)
    about = count_all(ratings)
    films = count_films(ratings, about.mean)
    step(f"{about.ratings} ratings of {len(films.ids)} films, mean {about.mean:.4f}")
    movies, prior = start_from_als(spark, ratings, films, about.mean, settings)
    step(f"ALS, {settings.factors} factors")
    people = people_of(ratings).coalesce(spark.sparkContext.defaultParallelism).persist(StorageLevel.MEMORY_AND_DISK)
    for _ in range(ROUNDS):
        prior = prior_of(sum_users(spark, people, movies, prior), about.mean)
    for sweep in range(settings.sweeps):
        movies = sweep_movies(spark, people, movies, prior)
        prior = prior_of(sum_users(spark, people, movies, prior), about.mean)
        step(f"sweep {sweep + 1} of {settings.sweeps}, tau {prior.tau:.4f}")
    movies, prior = turned(spark, people, movies, prior)
    core = core_movies(films, settings, about.ratings)
    vectors_of(spark, people, movies, prior).write.mode("overwrite").parquet(f"{to}/users")
    write_movies(spark, movies, films, f"{to}/movies")
    step("users and movies written")
    sums = sum_histories(spark, people, core, settings)
    write_moments(spark, sums, about, prior, core, settings, f"{to}/moments")
    step(f"moments of {len(core)} films written")


def count_all(ratings: DataFrame) -> About:
    row = ratings.agg(
        F.count("*").alias("count"),
        F.avg("stars").alias("mean"),
        F.max("time").alias("newest"),
        F.min("stars").alias("least"),
        F.max("stars").alias("most"),
        F.max(F.col("stars") % 1).alias("rest"),
    ).first()
    if row is None or row["count"] == 0:
        raise BadData("there are no ratings")
    step = 0.5 if row["rest"] > 0 else 1.0
    return About(row["mean"], row["count"], row["newest"], (row["least"], row["most"], step))


def count_films(ratings: DataFrame, mean: float) -> Films:
    counted = ratings.groupBy("movieId").agg(F.count("*").alias("n"), F.avg("stars").alias("mean"))
    frame = collected(counted, "movieId")
    n, means = frame["n"].to_numpy(np.int64), frame["mean"].to_numpy(np.float64)
    return Films(frame["movieId"].to_numpy(np.int64), n * (means - mean) / (n + MOVIE_DAMPING), n, means)


def start_from_als(
    spark: SparkSession, ratings: DataFrame, films: Films, mean: float, settings: Settings
) -> tuple[Movies, Prior]:
    """The films as MLlib's ALS has them, of what the biases leave, and the spread of its users."""
    biases = spark.createDataFrame([*zip(films.ids.tolist(), films.biases.tolist())], "movieId int, filmBias double")
    with_film = ratings.join(F.broadcast(biases), "movieId").withColumn("left", F.col("stars") - mean - F.col("filmBias"))
    users = with_film.groupBy("userId").agg((F.sum("left") / (F.count("*") + USER_DAMPING)).alias("userBias"))
    residuals = with_film.join(users, "userId").select(
        "userId", "movieId", (F.col("left") - F.col("userBias")).cast("float").alias("residual")
    )
    als = ALS(
        rank=settings.factors,
        maxIter=settings.als_iterations,
        regParam=settings.als_reg,
        seed=settings.seed,
        userCol="userId",
        itemCol="movieId",
        ratingCol="residual",
    )
    model = als.fit(residuals)
    items = collected(model.itemFactors, "id")
    means = np.zeros((len(films.ids), settings.factors + 1))
    means[np.searchsorted(films.ids, items["id"].to_numpy()), :-1] = np.stack(items["features"].to_list())
    means[:, -1] = films.biases
    some = collected(model.userFactors.orderBy(F.hash("id")).limit(5000), "id")
    precision = np.diag(np.full(settings.factors + 1, FIRST_BIAS_PRECISION))
    own = np.stack(some["features"].to_list()).astype(np.float64)
    precision[:-1, :-1] = np.linalg.inv(own.T @ own / len(own) + 1e-3 * np.eye(settings.factors))
    start = Prior(mean, FIRST_TAU, precision, np.zeros((CONSTANTS, settings.factors + 1)))
    return Movies(films.ids, means, np.zeros_like(means)), start


def turned(spark: SparkSession, people: DataFrame, movies: Movies, prior: Prior) -> tuple[Movies, Prior]:
    """Both sides on their principal axes, which the map of films and the scan of lists need."""
    squares = sum_users(spark, people, movies, prior).squares[:-1, :-1]
    own = movies.means[:, :-1]
    return rotated(movies, prior, principal_axes(squares, own.T @ own))


def core_movies(films: Films, settings: Settings, ratings: int) -> Ints:
    """The films that take part in lists: the most rated ones with enough ratings, ascending by id."""
    enough = np.flatnonzero(films.counts >= settings.least_ratings(ratings))
    best = enough[np.argsort(-films.counts[enough], kind="stable")][: settings.relevance_movies]
    return np.sort(films.ids[best])


def write_movies(spark: SparkSession, movies: Movies, films: Films, path: str) -> None:
    means, variances = movies.means.astype(np.float32), movies.variances.astype(np.float32)
    columns = [
        movies.ids.tolist(),
        means[:, :-1].tolist(),
        means[:, -1].tolist(),
        variances[:, :-1].tolist(),
        films.counts.tolist(),
        films.means.tolist(),
    ]
    schema = "id int, features array<float>, bias float, variance array<float>, ratingCount int, ratingMean float"
    spark.createDataFrame([*zip(*columns)], schema).coalesce(1).write.mode("overwrite").parquet(path)


def write_moments(
    spark: SparkSession, sums: DataFrame, about: About, prior: Prior, core: Ints, settings: Settings, path: str
) -> None:
    """name, row, and values (double) or floats: see trainer/import/moments.ts."""
    chosen = [settings.history_decay, settings.history_floor, settings.dislike_weight, settings.recent_decay]
    values = {
        "mean": [about.mean],
        "tau": [prior.tau],
        "ratings": [float(about.ratings)],
        "newest": [float(about.newest)],
        "scale": list(about.scale),
        "precision": prior.precision.ravel().tolist(),
        "constants": prior.constants.ravel().tolist(),
        "history": chosen,
        "core": core.astype(float).tolist(),
    }
    rows = [(name, 0, numbers, None) for name, numbers in values.items()]
    small = spark.createDataFrame(rows, "name string, row int, values array<double>, floats array<float>").coalesce(1)
    large = sums.select("name", "row", F.lit(None).cast("array<double>").alias("values"), "floats")
    small.unionByName(large).write.mode("overwrite").parquet(path)
