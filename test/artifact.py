"""Answers /recommend from an artifact's files alone, as shared/README.md describes them.

    python3 test/artifact.py FOLDER --user 1 [--by rating] [--certainty 1] [--popularity -0.5] [--k 20]
    python3 test/artifact.py FOLDER --ratings 2571=5,1214=4.5 [--days 3]      (oldest first)

Plain Python on purpose: pyarrow opens the files, every formula stands here. Prints one JSON object. Exit code 77: pyarrow
is not installed, nothing was computed.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

try:
    from pyarrow import ipc
except ImportError:
    print("skipped: pyarrow is not installed (pip install pyarrow)", file=sys.stderr)
    sys.exit(77)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def open_table(folder, name):
    with ipc.open_file(folder / name) as file:
        return file.read_all()


def numbers(table, name):
    return table.column(name).to_pylist()


def vectors(table, name):
    """A fixed-size list column as one list of numbers a row."""
    column = table.column(name)
    width = column.type.list_size
    flat = [value for chunk in column.chunks for value in chunk.flatten().to_pylist()]
    return [flat[at : at + width] for at in range(0, len(flat), width)]


class Model:
    def __init__(self, folder):
        self.manifest = json.loads((folder / "manifest.json").read_text())
        if self.manifest["formatVersion"] not in (3, 4):
            raise SystemExit(f"formatVersion: got {self.manifest['formatVersion']}, expected 3 or 4")
        movies = open_table(folder, "movies.arrow")
        self.movie_ids = numbers(movies, "movieId")
        self.titles = numbers(movies, "title")
        self.biases = numbers(movies, "bias")
        self.factors, self.relevance, self.history, self.priors, self.variances = (
            vectors(movies, name) for name in ("factors", "relevance", "history", "prior", "factorVariance")
        )
        self.row_of = {movie_id: row for row, movie_id in enumerate(self.movie_ids)}
        posterior = open_table(folder, "posterior.arrow").to_pylist()[0]
        self.posterior = posterior
        self.scales = scales_of(posterior)
        self.mean = posterior["mean"]
        self.counts = numbers(movies, "ratingCount")
        self.deviations = [
            count * (mean - self.mean) / (count + 5) for count, mean in zip(self.counts, numbers(movies, "ratingMean"))
        ]
        self.range = self.manifest.get("range")

    @property
    def intercept(self):
        if not self.range:
            return self.mean
        return math.log((self.mean - self.range["min"]) / (self.range["max"] - self.mean))

    @property
    def per_star(self):
        return 1 / self.slope(self.intercept)

    def stars(self, score):
        if not self.range:
            return score
        return self.range["min"] + (self.range["max"] - self.range["min"]) * sigmoid(score)

    def slope(self, score):
        if not self.range:
            return 1
        share = sigmoid(score)
        return (self.range["max"] - self.range["min"]) * share * (1 - share)


def scales_of(posterior):
    """The weights of each scale of a history, one dict a scale. Format 3 has one scale, and numbers instead of lists."""
    names = ("decay", "floor", "likeFrom", "dislikeBelow", "dislikeWeight")
    columns = [value if isinstance(value, list) else [value] for value in (posterior[name] for name in names)]
    scales = [dict(zip(names, weights)) for weights in zip(*columns)]
    for scale, days in zip(scales, posterior.get("visitDays") or [math.nan] * len(scales)):
        scale["visitDays"] = math.inf if math.isnan(days) else days
    return scales


def sigmoid(x):
    return 1 / (1 + math.exp(-max(-16, min(16, x))))


class User:
    """A user's vectors, with what the Bias model says beside them. `rated`: (row, stars), oldest first."""

    def __init__(self, model, factors, bias, relevance, rated):
        self.factors, self.bias, self.relevance, self.rated = factors, bias, relevance, rated
        n = len(rated)
        self.bias_share = max(0, 1 - n / 10)
        self.deviation = sum(stars - model.mean - model.deviations[row] for row, stars in rated) / (n + 10)


def stored_user(model, folder, user_id):
    users = open_table(folder, "users.arrow")
    row = numbers(users, "userId").index(user_id)
    line = {name: users.column(name)[row].as_py() for name in users.column_names}
    rated = [(model.row_of[movie], half / 2) for movie, half in zip(line["rated"], line["ratings"])]
    newest = (line.get("times") or [0])[-1]
    days = min(30, math.floor(24 * max(0, time.time() - newest) / 86400) / 24) if newest else 0
    change = zip(relevance_vector(model, rated, days), relevance_vector(model, rated))
    relevance = [now + later - then for now, (later, then) in zip(line["relevance"], change)]
    return User(model, line["factors"], line["bias"], relevance, rated)


def folded_in(model, rated, days):
    x = rating_vector(model, rated)
    return User(model, x[:-1], x[-1], relevance_vector(model, rated, days), rated)


def rating_vector(model, rated):
    """[p, b]: the posterior mean of the user, A⁻¹ (Σ w f z + Λ m)."""
    constants, size, n = model.posterior["constants"], len(model.factors[0]) + 1, len(rated)
    features = (1, math.log(1 + n) / 5, 1 / math.sqrt(1 + n))
    m = [
        sum(model.priors[row][x] for row, _ in rated) / math.sqrt(n + 5)
        + sum(features[t] * constants[t * size + x] for t in range(3))
        for x in range(size)
    ]
    at = m
    for step in range(20 if model.range and rated else 1):  # a sigmoid takes several tangents
        x = tangent_solve(model, rated, m, at)
        moved = max(abs(new - old) for new, old in zip(x, at))
        at = [old + (new - old) * (1 if step < 8 else 0.5) for new, old in zip(x, at)]
        if moved <= 1e-5:
            break
    return x


def tangent_solve(model, rated, m, at):
    tau, precision, size = model.posterior["tau"], model.posterior["precision"], len(m)
    a = [precision[x * size : (x + 1) * size] for x in range(size)]
    b = [dot(line, m) for line in a]
    for row, stars in rated:
        f = model.factors[row] + [1]
        base = model.intercept + model.biases[row]
        score = base + dot(f, at)
        slope = model.slope(score)
        weight = tau * slope**2
        wanted = (stars - base) if not model.range else score - base + (stars - model.stars(score)) / slope
        for x in range(size):
            b[x] += weight * f[x] * wanted
            a[x] = [value + weight * f[x] * other for value, other in zip(a[x], f)]
        for x, variance in enumerate(model.variances[row]):
            a[x][x] += weight * variance
    return solve(a, b)


def solve(a, b):
    """x of A x = b, A symmetric and positive definite, by elimination."""
    rows = [line + [value] for line, value in zip(a, b)]
    size = len(rows)
    for x in range(size):
        for y in range(x + 1, size):
            factor = rows[y][x] / rows[x][x]
            rows[y] = [value - factor * above for value, above in zip(rows[y], rows[x])]
    out = [0.0] * size
    for x in reversed(range(size)):
        out[x] = (rows[x][size] - dot(rows[x][x + 1 : size], out[x + 1 :])) / rows[x][x]
    return out


def relevance_vector(model, rated, days=0):
    """`days` after the newest rating."""
    p, n = model.posterior, len(rated)
    width = len(p["base"])
    h = [0.0] * width
    for at, scale in enumerate(model.scales):
        fading = [scale["floor"] + (1 - scale["floor"]) * math.exp(-(n - 1 - j) / scale["decay"]) for j in range(n)]
        norm = (math.sqrt(sum(fading)) or 1) / math.exp(-days / scale["visitDays"])
        for weight, (row, stars) in zip(fading, rated):
            sign = 1 if stars >= scale["likeFrom"] else scale["dislikeWeight"] if stars < scale["dislikeBelow"] else 0
            own = model.history[row][at * width : (at + 1) * width]
            h = [value + weight * sign / norm * other for value, other in zip(h, own)]
    taste, popular = p["stranger"][: width * width], p["stranger"][width * width :]
    s = math.exp(-((n / p["strangerDecay"]) ** 4))
    a, g = (shares[min(n, len(shares) - 1)] for shares in (p["tasteShares"], p["laterShares"]))
    likes = sum(stars >= max(scale["likeFrom"] for scale in model.scales) for _, stars in rated)
    chosen = p.get("favouritesShare", 0) * (likes / (n + 1)) ** 4
    mapped = [sum(h[axis] * taste[axis * width + e] for axis in range(width)) for e in range(width)]
    trend_days, trend = p.get("trend") or (1, 0)
    lately = [0] * (width - 1) + [trend * (1 - math.exp(-days / trend_days)) if n > 0 else 0]
    return [
        lately[e]
        + (1 - s) * (p["base"][e] + h[e])
        + s * (chosen * h[e] + a * mapped[e] + (1 - g) * popular[e] + g * p["later"][e])
        for e in range(width)
    ]


def rating_score(model, user, row):
    """The linear score η of a rating; stars where the link is the identity."""
    learned = user.bias + model.biases[row] + dot(user.factors, model.factors[row])
    plain = model.per_star * (user.deviation + model.deviations[row])
    return model.intercept + (1 - user.bias_share) * learned + user.bias_share * plain


def standard_error(model, row):
    """How far what all users have in common about a movie may be off, in units of the score."""
    return model.per_star / math.sqrt(model.posterior["tau"] * (model.counts[row] + 5))


def recommend(model, user, asked):
    blend = {"relevance": 0, "rating": 1}.get(asked.by, model.manifest["blend"])
    certainty = asked.certainty if asked.certainty is not None else (2 if blend == 1 else 0)
    share = asked.popularity if user.rated else asked.popularity / 2
    popular = model.posterior["stranger"][-len(user.relevance) :]
    wanted = [u + share * p for u, p in zip(user.relevance, popular)]
    rated = {row for row, _ in user.rated}
    items = []
    for row in range(len(model.movie_ids)):
        if row in rated:
            continue
        eta = rating_score(model, user, row)
        lower = eta - certainty * standard_error(model, row)
        items.append((blend * lower + (1 - blend) * dot(wanted, model.relevance[row]), row, eta))
    items.sort(key=lambda item: (-item[0], item[1]))
    scale = model.manifest["scale"]
    return [
        {
            "movieId": model.movie_ids[row],
            "title": model.titles[row],
            "score": score,
            "predictedRating": max(scale["min"], min(scale["max"], model.stars(eta))),
        }
        for score, row, eta in items[: asked.k]
    ]


def main():
    parser = argparse.ArgumentParser(description="answers /recommend from an artifact's files alone")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--user", type=int, help="a user of the training")
    parser.add_argument("--ratings", help="movieId=stars, separated by commas, oldest first")
    parser.add_argument("--days", type=float, default=0, help="since the newest of --ratings")
    parser.add_argument("--by", choices=("relevance", "rating"))
    parser.add_argument("--popularity", type=float, default=0)
    parser.add_argument("--certainty", type=float)
    parser.add_argument("--k", type=int, default=20)
    asked = parser.parse_args()
    model = Model(asked.folder)
    if asked.user is not None:
        user = stored_user(model, asked.folder, asked.user)
    else:
        pairs = [pair.split("=") for pair in (asked.ratings or "").split(",") if pair]
        user = folded_in(model, [(model.row_of[int(movie)], float(stars)) for movie, stars in pairs], asked.days)
    items = recommend(model, user, asked)
    print(json.dumps({"version": model.manifest["version"], "ratings": len(user.rated), "items": items}))


main()
