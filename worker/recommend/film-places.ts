import { rowOfPart } from '../../shared/artifact/parts.ts';
import {
  type FactorMoments,
  type FilmMap,
  type MapScale,
  mapOfMoments,
  momentsOf,
  placeOnMap,
} from '../../shared/model/film-map.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { CutVectors } from '../wasm/cut-vectors.ts';
import { JoinedVectors } from '../wasm/joined-vectors.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import type { OwnModel, ServedModel } from '../wasm/served-model.ts';

/** Films whose vectors are copied out of the kernel at a time. */
const AT_A_TIME = 4096;

/** Films with vectors. */
interface Films {
  readonly movies: Pick<Catalogue, 'count' | 'factorCount'>;
  readonly vectors: Pick<MovieVectors, 'take'>;
}

const maps = new WeakMap<OwnModel, FilmMap | null>();

/** The map of a version's own films, worked out once; null where they have no two axes to differ by. */
export async function mapOf(model: OwnModel): Promise<FilmMap | null> {
  let map = maps.get(model);
  if (map === undefined) {
    map = mapOfMoments(await momentsOfAll(model), model.movies.factorCount, model.userPrior);
    maps.set(model, map);
  }
  return map;
}

/** Where films stand on the map of their version, x and y of each row, (M, 2). */
export async function placesOf(model: ServedModel, map: FilmMap): Promise<Float32Array> {
  const { vectors } = model;
  const own = vectors instanceof JoinedVectors ? vectors.own : vectors;
  if (!(own instanceof CutVectors)) return placesIn(model, map);
  const { centre, scale } = map;
  const parts = await own.parts.each((service, part) => service.places(own.askedOf(part), { centre, scale }));
  const places = new Float32Array(2 * model.movies.count);
  for (const [at, own] of parts.entries()) {
    const part = { index: at + 1, of: parts.length };
    for (let row = 0; 2 * row < own.length; row++) {
      places.set(own.subarray(2 * row, 2 * row + 2), 2 * rowOfPart(row, part));
    }
  }
  if (vectors instanceof JoinedVectors) {
    const { films, first } = vectors;
    places.set(placesAmong([films.factors], films, map), 2 * first);
  }
  return places;
}

/** `momentsOf` of films that are here. */
export function momentsIn(films: Films): FactorMoments {
  return momentsOf(factorsOf(films), films.movies.factorCount);
}

/** `placesOf` films that are here. */
export function placesIn(films: Films, map: MapScale): Float32Array {
  return placesAmong(factorsOf(films), films.movies, map);
}

function placesAmong(
  all: Iterable<Float32Array>,
  { count, factorCount: K }: Films['movies'],
  map: MapScale,
): Float32Array {
  const places = new Float32Array(2 * count);
  let out = 0;
  for (const factors of all) {
    for (let at = 0; at < factors.length; at += K, out += 2) {
      places.set(placeOnMap(map, factors[at], factors[at + 1]), out);
    }
  }
  return places;
}

async function momentsOfAll(model: OwnModel): Promise<FactorMoments[]> {
  const { vectors } = model;
  if (!(vectors instanceof CutVectors)) return [momentsIn(model)];
  return vectors.parts.each((service, part) => service.moments(vectors.askedOf(part)));
}

function* factorsOf({ movies, vectors }: Films): Generator<Float32Array> {
  for (let from = 0; from < movies.count; from += AT_A_TIME) {
    const length = Math.min(AT_A_TIME, movies.count - from);
    yield vectors.take(Int32Array.from({ length }, (_, i) => from + i)).factors;
  }
}
