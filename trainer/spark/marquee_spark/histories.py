"""Moments of the relevance model's training rows (trainer/engines/history-moments.ts), user by user."""

import numpy as np
import numpy.typing as npt

from .settings import FIRST_ROW, LIKE_FROM, Scale, Settings, Target

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

# Training rows of a user that are multiplied at a time, so that somebody with 10,000 ratings needs no gigabytes.
BLOCK = 512


class Moments:
    """Sums over users. C films take part, P = 2 C: film c in scale s is row s · C + c."""

    def __init__(self, core: Ints, settings: Settings) -> None:
        """core: movie ids, ascending, (C)"""
        size = len(core)
        self.core = core
        self.settings = settings
        self.xx: Floats32 = np.zeros((2 * size, 2 * size), np.float32)
        self.xy: list[Floats32] = [np.zeros((2 * size, size), np.float32) for _ in settings.targets]
        self.likes: Floats32 = np.zeros((size, size), np.float32)

    def add(self, movie_ids: Ints, stars: Floats) -> None:
        """Adds a user's ratings, oldest first."""
        place = np.searchsorted(self.core, movie_ids)
        place[place == len(self.core)] = 0
        known = np.flatnonzero(self.core[place] == movie_ids) if len(self.core) else np.empty(0, np.int64)
        if len(known) == 0:
            return
        columns = place[known]
        liked = columns[stars[known] >= LIKE_FROM]
        self.likes[np.ix_(liked, liked)] += 1
        rows = np.concatenate([columns, len(self.core) + columns])
        for first in range(FIRST_ROW, len(stars), BLOCK):
            t = np.arange(first, min(len(stars), first + BLOCK))
            x = np.hstack([history(t, known, stars, scale) for scale in self.settings.scales])
            self.xx[np.ix_(rows, rows)] += x.T @ x
            for sums, target in zip(self.xy, self.settings.targets):
                sums[np.ix_(rows, columns)] += x.T @ asked(t, known, stars, target)

    def matrices(self) -> dict[str, Floats32]:
        """By the names that trainer/import/moments.ts reads."""
        return {"xx": self.xx, "liked": self.xy[0], "next": self.xy[1], "likes": self.likes}


def history(t: Ints, known: Ints, stars: Floats, scale: Scale) -> Floats:
    """x of the rows after t ratings, (T, n): w_j · taste_j / √Σw, w_j = floor + (1 − floor) e^{−(t−1−j)/decay}."""
    ages = t[:, None] - 1 - np.arange(len(stars))[None, : t[-1]]
    weights = np.where(ages >= 0, scale.floor + (1 - scale.floor) * np.exp(-np.maximum(ages, 0) / scale.decay), 0.0)
    norms = np.sqrt(weights.sum(axis=1))
    own = stars[known]
    disliked = np.where(own < scale.dislike_below, scale.dislike_weight, 0.0)
    tastes = np.where(own >= scale.like_from, 1.0, disliked)
    out = np.zeros((len(t), len(known)))
    seen = known < t[-1]
    out[:, seen] = weights[:, known[seen]] * tastes[seen] / norms[:, None]
    return out


def asked(t: Ints, known: Ints, stars: Floats, target: Target) -> Floats:
    """y of the rows after t ratings, (T, n): 1/√count for each of the films that the target asks for."""
    span = np.maximum(target.window, np.floor(t * target.window_share).astype(np.int64))
    among = (known[None, :] >= t[:, None]) & (known[None, :] < (t + span)[:, None])
    wanted = among & (stars[known] >= target.like_from)[None, :]
    counts = wanted.sum(axis=1)
    shares: Floats = wanted / np.sqrt(np.maximum(counts, 1))[:, None]
    return shares
