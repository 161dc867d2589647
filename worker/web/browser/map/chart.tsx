import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useActions } from '../../parts/actions.ts';
import { FAMILIES } from '../../state/map/families.ts';
import { type Films, nameOf } from '../../state/map/films.ts';
import type { Place } from '../../state/map/place.ts';
import { ratingOf, type State } from '../../state/state.ts';
import { Finder } from './finder.tsx';
import { Legend } from './legend.tsx';
import { Sight, type Sighted } from './sight.tsx';
import { type Shown, Stage, type StageEvents } from './stage.ts';

export { filmsOf } from '../../state/map/films.ts';

/** How near one comes to a film that is pointed out, and to oneself. */
const NEAR = 6;
const NEAR_ME = 2;
/** Films of the list that have a ring. */
const RINGS = 20;
/** Films in sight that are named in words. */
const NAMED = 12;

/** The map itself: points, labels, the person on it, and in words what the window shows. */
export function Chart({ state, films }: { state: State; films: Films }) {
  const { lookAt, openFilm } = useActions();
  const { place } = state.address;
  const { me } = state.map;
  const [families, setFamilies] = useState<readonly boolean[]>(() => FAMILIES.map(() => true));
  const [sighted, setSighted] = useState<Sighted | null>(null);
  const [lost, setLost] = useState(0);
  const chart = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const shown = useShown(state, films, families);
  /** Where the map itself said that it is: by the time the address says so too, it may be further on. */
  const said = useRef(new WeakSet<Place>());
  const chosen = useRef(shown.chosen);
  chosen.current = shown.chosen;

  const show = (place: Place | undefined, jump: boolean) => {
    const film = place?.film === undefined ? undefined : films.placeOf(place.film);
    const camera = stage.current?.camera;
    if (place?.centre) camera?.goTo({ centre: place.centre, zoom: place.zoom ?? 1 }, jump);
    else if (film === undefined) camera?.showWhole(jump);
    else camera?.goTo({ centre: [films.x[film], films.y[film]], zoom: NEAR }, jump);
  };
  const say = (film: number | undefined) => {
    const here = placeAt(film);
    said.current.add(here);
    lookAt(here);
  };
  const events: StageEvents = {
    settled() {
      const inSight = stage.current!.inSight();
      setSighted({ count: inSight.length, best: inSight.slice(0, NAMED) });
      say(chosen.current);
    },
    choose: say,
    open: (film) => openFilm(films.movieIds[film]),
    lost: () => setLost((times) => times + 1),
  };
  /** What the address says of the map as it is. */
  const placeAt = (film: number | undefined): Place => {
    const { window } = stage.current!.camera;
    if (film !== undefined) return { film: films.movieIds[film], ...window };
    return window.zoom > 1.001 ? window : {};
  };

  useEffect(() => {
    const drawn = new Stage(chart.current!, films, shown, events);
    stage.current = drawn;
    show(place, true);
    return () => drawn.end();
  }, [films, lost]);
  useEffect(() => stage.current?.show(shown), [shown]);
  useEffect(() => {
    const isOwn = place !== undefined && said.current.has(place);
    if (!isOwn && !stage.current?.camera.isAt(place)) show(place, false);
  }, [place]);

  const zoom = (factor: number) => {
    const camera = stage.current?.camera;
    camera?.goTo({ ...camera.window, zoom: factor * camera.zoom }, false);
  };

  return (
    <div class="chart with-scripts" ref={chart}>
      <div class="map-tools">
        <Finder fly={(movieId) => lookAt({ film: movieId })} isOn={(movieId) => films.placeOf(movieId) !== undefined} />
        <button type="button" class="pill" aria-label="Nearer" onClick={() => zoom(2)}>
          +
        </button>
        <button type="button" class="pill" aria-label="Farther" onClick={() => zoom(1 / 2)}>
          −
        </button>
        <button type="button" class="pill" onClick={() => stage.current?.camera.showWhole(false)}>
          Whole map
        </button>
        {me && (
          <button
            type="button"
            class="pill"
            onClick={() => stage.current?.camera.goTo({ centre: me.centre, zoom: NEAR_ME }, false)}
          >
            To me
          </button>
        )}
      </div>
      <div
        class="map-frame"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys move the map
        tabIndex={0}
        role="application"
        aria-label="Map of films. Arrows move it, plus and minus zoom, 0 shows all of it. Below stands in words what is in sight."
      >
        <canvas key={lost} />
        <canvas />
      </div>
      {shown.chosen !== undefined && (
        <p class="chosen">
          <strong>{nameOf(films, shown.chosen)}</strong>
          <button type="button" class="pill" onClick={() => openFilm(films.movieIds[shown.chosen!])}>
            Open
          </button>
        </p>
      )}
      <Legend state={state} families={families} toggle={(at) => setFamilies(families.with(at, !families[at]))} />
      <Sight state={state} films={films} sighted={sighted} />
    </div>
  );
}

/** What the map shows besides the films; another object only when something of it changed. */
function useShown(state: State, films: Films, families: readonly boolean[]): Shown {
  const { ratings, list, map, address } = state;
  return useMemo(() => {
    const placed = (movieIds: readonly number[]) => movieIds.map(films.placeOf).filter((film) => film !== undefined);
    const rated = ratings.flatMap(({ movieId, rating }) => placed([movieId]).map((film) => [film, rating] as const));
    const listed = (list?.rows ?? []).filter(({ pick }) => ratingOf(state, pick.movieId) === undefined);
    return {
      families,
      me: map.me,
      rated: new Map(rated),
      list: placed(listed.slice(0, RINGS).map(({ pick }) => pick.movieId)),
      chosen: address.place?.film === undefined ? undefined : films.placeOf(address.place.film),
    };
  }, [ratings, list, map.me, address.place?.film, films, families]);
}
