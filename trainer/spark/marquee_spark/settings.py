"""Settings of a training, the defaults of `npm run train` where it has the same."""

from dataclasses import dataclass
from math import isqrt

# Stars from which a film is liked, and below which it is disliked (trainer/data/likes.ts).
LIKE_FROM = 4.0
DISLIKE_BELOW = 3.0

# Imagined ratings at the mean, added to those of every film and of every user (shared/model/bias.ts).
MOVIE_DAMPING = 5
USER_DAMPING = 10


@dataclass(frozen=True)
class Scale:
    """How ratings weigh in one scale of a history (shared/model/history.ts)."""

    decay: float
    floor: float
    like_from: float
    dislike_below: float
    dislike_weight: float


@dataclass(frozen=True)
class Target:
    """What a training row asks for: of the next max(window, share of t) ratings after t, those from `like_from` stars on."""

    like_from: float
    window: int
    window_share: float


@dataclass(frozen=True)
class Settings:
    factors: int = 63
    als_iterations: int = 10
    als_reg: float = 0.1
    sweeps: int = 4
    seed: int = 42
    relevance_movies: int = 4000
    min_ratings: int | None = None
    history_decay: float = 10.0
    history_floor: float = 0.1
    dislike_weight: float = -0.2
    recent_decay: float = 3.0

    @property
    def scales(self) -> tuple[Scale, Scale]:
        """What people liked, and what they just watched (trainer/models/relevance/settings.ts)."""
        liked = Scale(self.history_decay, self.history_floor, LIKE_FROM, DISLIKE_BELOW, self.dislike_weight)
        return liked, Scale(self.recent_decay, 0.0, 0.0, 0.0, 0.0)

    @property
    def targets(self) -> tuple[Target, Target]:
        """What is liked next, and the very next film (trainer/models/relevance/next-watch.ts)."""
        return Target(LIKE_FROM, 20, 0.25), Target(0.0, 1, 0.0)

    def least_ratings(self, ratings: int) -> int:
        """Ratings that a film needs to take part in lists."""
        return self.min_ratings or max(2, min(10, isqrt(ratings) // 30))


# Training rows are taken after each rating of a user from the fifth on.
FIRST_ROW = 5
