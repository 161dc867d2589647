import { topK } from '../../shared/math/topk.ts';
import type { MovieTable } from '../../shared/model/model.ts';
import { naturalTitle } from '../../shared/title.ts';

export interface MapPoint {
  readonly x: number;
  readonly y: number;
  readonly ratings: number;
  readonly title: string;
  /** Rank among the movies that are named, the most rated first, from 0; null for the others. */
  readonly rank: number | null;
}

const ON_MAP = 1500;
/** The map's parts, of which each has one name. */
const [COLUMNS, ROWS] = [8, 5];

/** The most rated movies by their first two factors: the principal axes. */
export function mapOf(movies: MovieTable): MapPoint[] {
  const K = movies.factorCount;
  const points = Array.from(topK(movies.ratingCounts, ON_MAP), (row) => ({
    x: movies.factors[row * K],
    y: K > 1 ? movies.factors[row * K + 1] : 0,
    ratings: movies.ratingCounts[row],
    title: naturalTitle(movies.title(row)),
  }));
  const rank = new Map(landmarks(points).map((point, place) => [point, place]));
  return points.map((point) => ({ ...point, rank: rank.get(point) ?? null }));
}

/**
 * The movies that a map names: the most rated one of each of `COLUMNS` · `ROWS` parts of the map that hold equally many
 * movies, so that names stand wherever movies do. The most rated first.
 */
function landmarks<T extends Pick<MapPoint, 'x' | 'y' | 'ratings'>>(points: readonly T[]): T[] {
  const columns = parts(
    [...points].sort((a, b) => a.x - b.x),
    COLUMNS,
  );
  const cells = columns.flatMap((column) =>
    parts(
      [...column].sort((a, b) => a.y - b.y),
      ROWS,
    ),
  );
  const first = cells.map((cell) => cell.reduce((best, point) => (point.ratings > best.ratings ? point : best)));
  return first.sort((a, b) => b.ratings - a.ratings);
}

/** Cuts a list into at most so many parts of nearly equal length, none of them empty. */
function parts<T>(list: readonly T[], count: number): T[][] {
  const bound = (n: number) => Math.round((n * list.length) / count);
  return Array.from({ length: count }, (_, n) => list.slice(bound(n), bound(n + 1))).filter(({ length }) => length > 0);
}
