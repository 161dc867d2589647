"""Passes over people: each is one aggregate on the cluster, whose sums are added in the order of partitions."""

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import pandas as pd
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from .errors import BadData
from .histories import Floats, Floats32, Ints, Moments
from .posterior import (
    MoviePrior,
    Movies,
    Prior,
    UserSums,
    add_movie_sums,
    movie_prior,
    solve_movies,
    solve_user,
)
from .settings import Settings

# Rows of a matrix that are added up together.
BLOCK = 64

# Bytes of a matrix for every film that a task may hold.
MOST_BYTES = 2 * 2**30

PEOPLE = "userId int, rated array<int>, ratings array<float>, times array<long>"
VECTORS = "id int, features array<float>, bias float, rated array<int>, ratings array<float>, times array<long>"

Frames = Iterator[pd.DataFrame]


def people_of(ratings: DataFrame) -> DataFrame:
    """A row for each person: their ratings, oldest first; in the order of the source where one has no time."""
    own = Window.partitionBy("userId")
    order = F.when(F.min("time").over(own) > 0, F.col("time")).otherwise(0)
    rows = ratings.withColumn("order", order).groupBy("userId")
    listed = rows.agg(F.sort_array(F.collect_list(F.struct("order", "position", "movieId", "stars", "time"))).alias("all"))
    return listed.select(
        "userId",
        F.col("all.movieId").alias("rated"),
        F.col("all.stars").alias("ratings"),
        F.col("all.time").alias("times"),
    )


def _people(frames: Frames) -> Iterator[tuple[int, Ints, Floats, pd.Series]]:
    for frame in frames:
        for _, row in frame.iterrows():
            yield int(row["userId"]), np.asarray(row["rated"], np.int64), np.asarray(row["ratings"], np.float64), row


def collected(frame: DataFrame, by: str) -> pd.DataFrame:
    """All rows, in the order of a column."""
    return cast(pd.DataFrame, frame.toPandas()).sort_values(by)


def _part() -> int:
    context = TaskContext.get()
    return context.partitionId() if context else 0


def sum_users(spark: SparkSession, people: DataFrame, movies: Movies, prior: Prior) -> UserSums:
    """What the users' prior is learned from, over all people."""
    known = spark.sparkContext.broadcast((movies, prior))
    d = movies.means.shape[1]

    def sums_of(frames: Frames) -> Frames:
        films, around = known.value
        sums = UserSums.zeros(d)
        for _, rated, stars, _row in _people(frames):
            sums.add(len(rated), solve_user(films, around, films.rows_of(rated), stars))
        yield pd.DataFrame({"part": [_part()], "sums": [sums.flat()]})

    parts = collected(people.mapInPandas(sums_of, "part int, sums array<double>"), "part")
    return UserSums.of(np.sum(np.stack(parts["sums"].to_list()), axis=0), d)


def sweep_movies(spark: SparkSession, people: DataFrame, movies: Movies, prior: Prior) -> Movies:
    """The films' posteriors given everybody's. A task holds a matrix (D, D) for every film."""
    count, d = movies.means.shape
    if 4 * count * d * d > MOST_BYTES:
        raise BadData(
            f"--sweeps: {count} films of {d} numbers need {4 * count * d * d / 2**30:.1f} GB in each task, of which "
            "2 GB are allowed. Take --sweeps 0, which leaves the films as ALS has them, or fewer --factors."
        )
    known = spark.sparkContext.broadcast((movies, prior))
    around = spark.sparkContext.broadcast((movie_prior(movies), prior.tau, movies.ids))

    def sums_of(frames: Frames) -> Frames:
        films, user_prior = known.value
        sums: Floats32 = np.zeros((count, d, d), np.float32)
        right: Floats32 = np.zeros((count, d), np.float32)
        for _, rated, stars, _row in _people(frames):
            rows = films.rows_of(rated)
            posterior = solve_user(films, user_prior, rows, stars)
            add_movie_sums(sums, right, rows, stars - user_prior.mean, posterior)
        yield from _blocks({"": np.concatenate([sums.reshape(count, d * d), right], axis=1)})

    def solved(frame: pd.DataFrame) -> pd.DataFrame:
        movie_prior_, tau, ids = around.value
        first, added = _added(frame)
        rows = len(added)
        means, variances = solve_movies(added[:, : d * d].reshape(rows, d, d), added[:, d * d :], movie_prior_, tau)
        ids = ids[first : first + rows]
        return pd.DataFrame({"id": ids.astype(np.int32), "mean": list(means), "variance": list(variances)})

    blocks = people.mapInPandas(sums_of, _BLOCKS).groupBy("name", "first")
    found = collected(blocks.applyInPandas(solved, "id int, mean array<double>, variance array<double>"), "id")
    return Movies(movies.ids, np.stack(found["mean"].to_list()), np.stack(found["variance"].to_list()))


def sum_histories(spark: SparkSession, people: DataFrame, core: Ints, settings: Settings) -> DataFrame:
    """The moments of the relevance model: name, row, floats. A task holds 36 C² bytes."""
    about = spark.sparkContext.broadcast((core, settings))

    def sums_of(frames: Frames) -> Frames:
        films, chosen = about.value
        moments = Moments(films, chosen)
        for _, rated, stars, _row in _people(frames):
            moments.add(rated, stars)
        yield from _blocks(moments.matrices())

    def added(frame: pd.DataFrame) -> pd.DataFrame:
        first, rows = _added(frame)
        places = np.arange(first, first + len(rows), dtype=np.int32)
        return pd.DataFrame({"name": frame["name"].iloc[0], "row": places, "floats": list(rows.astype(np.float32))})

    blocks = people.mapInPandas(sums_of, _BLOCKS).groupBy("name", "first")
    return blocks.applyInPandas(added, "name string, row int, floats array<float>")


def vectors_of(spark: SparkSession, people: DataFrame, movies: Movies, prior: Prior) -> DataFrame:
    """Everybody's vector, with the ratings that it came from."""
    known = spark.sparkContext.broadcast((movies, prior))

    def solved(frames: Frames) -> Frames:
        films, around = known.value
        for frame in frames:
            people_ = _people(iter([frame]))
            found = [solve_user(films, around, films.rows_of(rated), stars).mean for _, rated, stars, _row in people_]
            vectors = np.array(found).reshape(len(frame), -1).astype(np.float32)
            out = {"id": frame["userId"], "features": list(vectors[:, :-1]), "bias": vectors[:, -1]}
            yield pd.DataFrame({**out, **{name: frame[name] for name in ("rated", "ratings", "times")}})

    return people.mapInPandas(solved, VECTORS)


_BLOCKS = "part int, name string, first int, width int, values binary"


def _blocks(matrices: dict[str, Floats32]) -> Frames:
    """Matrices in blocks of rows, as a partition summed them."""
    for name, matrix in matrices.items():
        for first in range(0, len(matrix), BLOCK):
            block = np.ascontiguousarray(matrix[first : first + BLOCK], np.float32)
            row = {"part": _part(), "name": name, "first": first, "width": block.shape[1], "values": block.tobytes()}
            yield pd.DataFrame([row])


def _added(frame: pd.DataFrame) -> tuple[int, Floats]:
    """The first row and the sum of one block over all partitions."""
    ordered = frame.sort_values("part")
    blocks = (np.frombuffer(values, np.float32).astype(np.float64) for values in ordered["values"])
    return int(ordered["first"].iloc[0]), np.sum(list(blocks), axis=0).reshape(-1, int(ordered["width"].iloc[0]))


Progress = Callable[[str], None]
