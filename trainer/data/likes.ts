/** A movie is liked from so many stars on, and disliked below so many. What the data mean, not a setting. */
export const LIKE_FROM = 4;
export const DISLIKE_BELOW = 3;
