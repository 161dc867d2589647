"""The rating model: Gaussian posteriors of both sides (Lim & Teh, KDD Cup 2007), as sums over people.

D = K + 1, the bias in the last place. f_i = [q_i, 1], g_u = [p_u, 1].
"""

from dataclasses import dataclass, field

import numpy as np

from .histories import Floats, Floats32, Ints

# Features of the users' prior mean: 1, log(1 + n)/5, 1/√(1 + n) (shared/model/posterior.ts).
CONSTANTS = 3


def constant_features(n: int) -> Floats:
    return np.array([1.0, np.log1p(n) / 5, 1 / np.sqrt(1 + n)])


@dataclass(frozen=True)
class Movies:
    """Rows ascending by id."""

    ids: Ints  # (M)
    means: Floats  # (M, D)
    variances: Floats  # (M, D), 0 in the last place

    def rows_of(self, movie_ids: Ints) -> Ints:
        return np.searchsorted(self.ids, movie_ids).astype(np.int64)


@dataclass(frozen=True)
class Prior:
    """Of the users."""

    mean: float  # μ, stars
    tau: float  # 1/stars²
    precision: Floats  # Λ (D, D)
    constants: Floats  # (3, D)


@dataclass(frozen=True)
class Posterior:
    mean: Floats  # (D)
    covariance: Floats  # (D, D)
    squared_error: float  # Σ (r − prediction)² and the prediction's variance


def solve_user(movies: Movies, prior: Prior, rows: Ints, stars: Floats) -> Posterior:
    """A = τ Σ (f fᵀ + diag v) + Λ,   x = A⁻¹ (τ Σ f (r − μ − b) + Λ m), as shared/model/posterior.ts has it."""
    means, variances = movies.means[rows], movies.variances[rows]
    f = means.copy()
    f[:, -1] = 1
    residuals = stars - prior.mean - means[:, -1]
    m = constant_features(len(rows)) @ prior.constants
    normal = prior.tau * (f.T @ f + np.diag(variances.sum(axis=0))) + prior.precision
    covariance: Floats = np.linalg.inv(normal).astype(np.float64)
    x = covariance @ (prior.tau * (f.T @ residuals) + prior.precision @ m)
    errors = residuals - f @ x
    spread = np.einsum("ij,jk,ik->", f, covariance, f) + float((variances @ (x**2)).sum())
    return Posterior(x, covariance, float(errors @ errors) + float(spread))


@dataclass
class UserSums:
    """What the users' prior and τ are learned from."""

    features: Floats  # (3, 3) Σ c cᵀ
    crossed: Floats  # (3, D) Σ c xᵀ
    squares: Floats  # (D, D) Σ x xᵀ
    covariances: Floats  # (D, D) Σ A⁻¹
    totals: Floats = field(default_factory=lambda: np.zeros(3))  # users, ratings, squared error

    @classmethod
    def zeros(cls, d: int) -> "UserSums":
        square = (d, d)
        return cls(np.zeros((CONSTANTS, CONSTANTS)), np.zeros((CONSTANTS, d)), np.zeros(square), np.zeros(square))

    def add(self, n: int, posterior: Posterior) -> None:
        c, x = constant_features(n), posterior.mean
        self.features += np.outer(c, c)
        self.crossed += np.outer(c, x)
        self.squares += np.outer(x, x)
        self.covariances += posterior.covariance
        self.totals += [1, n, posterior.squared_error]

    def flat(self) -> Floats:
        return np.concatenate([part.ravel() for part in self._parts()])

    @classmethod
    def of(cls, flat: Floats, d: int) -> "UserSums":
        sums = cls.zeros(d)
        at = 0
        for part in sums._parts():
            part[...] = flat[at : at + part.size].reshape(part.shape)
            at += part.size
        return sums

    def _parts(self) -> list[Floats]:
        return [self.features, self.crossed, self.squares, self.covariances, self.totals]


def prior_of(sums: UserSums, mean: float) -> Prior:
    """The most likely prior: constants by least squares, Λ = (U + D) (Σ (x − m)(x − m)ᵀ + Σ A⁻¹ + I)⁻¹, τ.

    Half of the weight of the constants is that somebody without ratings is the average user, because training saw
    nobody without (trainer/models/variational/implicit-prior.ts).
    """
    users, ratings, error = sums.totals
    d = len(sums.squares)
    zero = constant_features(0)
    average = sums.crossed[0] / users
    normal = sums.features + users * np.outer(zero, zero) + 1e-9 * users * np.eye(CONSTANTS)
    constants = np.linalg.solve(normal, sums.crossed + users * np.outer(zero, average))
    explained = constants.T @ sums.crossed
    scatter = sums.squares - explained - explained.T + constants.T @ sums.features @ constants
    precision = (users + d) * np.linalg.inv(scatter + sums.covariances + np.eye(d))
    return Prior(mean, float(ratings / error), precision, constants)


def add_movie_sums(sums: Floats32, right: Floats32, rows: Ints, residuals: Floats, posterior: Posterior) -> None:
    """residuals: r − μ. sums (M, D, D) += g gᵀ + diag v and right (M, D) += g (r − μ − b_u) for each film that a user rated."""
    g, variances = posterior.mean.copy(), np.diag(posterior.covariance).copy()
    bias = g[-1]
    g[-1], variances[-1] = 1.0, 0.0
    sums[rows] += (np.outer(g, g) + np.diag(variances)).astype(sums.dtype)
    right[rows] += np.outer(residuals - bias, g).astype(right.dtype)


@dataclass(frozen=True)
class MoviePrior:
    """The average film, and Λ around it."""

    centre: Floats  # (D)
    precision: Floats  # (D, D)


def movie_prior(movies: Movies) -> MoviePrior:
    count, d = movies.means.shape
    centre = movies.means.mean(axis=0)
    deviations = movies.means - centre
    spread = np.diag(movies.variances.sum(axis=0))
    precision = (count + d) * np.linalg.inv(deviations.T @ deviations + spread + np.eye(d))
    return MoviePrior(centre, precision)


def solve_movies(sums: Floats, right: Floats, prior: MoviePrior, tau: float) -> tuple[Floats, Floats]:
    """Means and variances of some films given the users, from what `add_movie_sums` made."""
    covariances = np.linalg.inv(tau * sums + prior.precision)
    means = np.einsum("mij,mj->mi", covariances, tau * right + prior.precision @ prior.centre)
    variances = np.diagonal(covariances, axis1=1, axis2=2).copy()
    variances[:, -1] = 0
    return means, variances


def principal_axes(users: Floats, movies: Floats) -> Floats:
    """Axes (K, K) of both sides' second moments together, the one of most energy first; each has its peak positive."""
    moment = users / np.trace(users) + movies / np.trace(movies)
    _, vectors = np.linalg.eigh(moment)
    axes: Floats = vectors[:, ::-1]
    peaks = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return axes * np.where(peaks < 0, -1.0, 1.0)


def rotated(movies: Movies, prior: Prior, axes: Floats) -> tuple[Movies, Prior]:
    """Both turned to the axes. No prediction changes but for the films' variances, whose covariances are dropped."""
    d = len(axes) + 1
    turn = np.eye(d)
    turn[:-1, :-1] = axes
    turned = Movies(movies.ids, movies.means @ turn, movies.variances @ turn**2)
    return turned, Prior(prior.mean, prior.tau, turn.T @ prior.precision @ turn, prior.constants @ turn)
