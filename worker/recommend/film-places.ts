import { type FilmMap, filmMap, placeOnMap } from '../../shared/model/film-map.ts';
import type { ServedModel } from '../wasm/served-model.ts';

/** Films whose vectors are copied out of the kernel at a time. */
const AT_A_TIME = 4096;

const maps = new WeakMap<ServedModel, FilmMap | null>();

/** The map of a version's own films, worked out once; null where they have no two axes to differ by. */
export function mapOf(model: ServedModel): FilmMap | null {
  let map = maps.get(model);
  if (map === undefined) {
    map = filmMap(factorsOf(model), model.movies.factorCount, model.userPrior);
    maps.set(model, map);
  }
  return map;
}

/** Where the films stand, x and y of each row, (M, 2). */
export function placesOf(model: ServedModel, map: FilmMap): Float32Array {
  const { count: M, factorCount: K } = model.movies;
  const places = new Float32Array(2 * M);
  let out = 0;
  for (const factors of factorsOf(model)) {
    for (let at = 0; at < factors.length; at += K, out += 2) {
      places.set(placeOnMap(map, factors[at], factors[at + 1]), out);
    }
  }
  return places;
}

function* factorsOf({ movies, vectors }: ServedModel): Generator<Float32Array> {
  for (let from = 0; from < movies.count; from += AT_A_TIME) {
    const length = Math.min(AT_A_TIME, movies.count - from);
    yield vectors.take(Int32Array.from({ length }, (_, i) => from + i)).factors;
  }
}
