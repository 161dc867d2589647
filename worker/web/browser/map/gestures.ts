/** Pixels that a pointer may move and still click. */
const STILL = 5;
/** What a key moves, in shares of the window, and how it zooms. */
const STEP = 0.15;
const KEYS: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowLeft: [STEP, 0],
  ArrowRight: [-STEP, 0],
  ArrowUp: [0, STEP],
  ArrowDown: [0, -STEP],
};
const ZOOM_KEYS: Readonly<Record<string, number>> = { '+': 1.5, '=': 1.5, '-': 1 / 1.5, _: 1 / 1.5 };

type Spot = readonly [x: number, y: number];

/** What a hand on mouse, glass or keys means. Places are pixels from the frame's upper left corner. */
export interface Hand {
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Spot): void;
  whole(): void;
  hover(at: Spot | null): void;
  click(at: Spot, isTouch: boolean): void;
}

/** Reads the gestures on an element: drag, pinch, wheel, arrows, plus and minus. Ends with the signal. */
export function readGestures(frame: HTMLElement, hand: Hand, signal: AbortSignal): void {
  const pointers = new Map<number, Spot>();
  let travelled = 0;
  const spotOf = ({ clientX, clientY }: MouseEvent): Spot => {
    const { left, top } = frame.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) =>
    frame.addEventListener(name, act, { signal, passive: false });

  on('pointerdown', (event) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) travelled = 0;
    frame.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, spotOf(event));
  });
  on('pointermove', (event) => {
    const [now, before] = [spotOf(event), pointers.get(event.pointerId)];
    if (!before) {
      hand.hover(event.pointerType === 'touch' ? null : now);
      return;
    }
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, spot]) => spot);
    pointers.set(event.pointerId, now);
    travelled += distance(before, now);
    if (travelled < STILL) return;
    hand.hover(null);
    const share = 1 / (1 + others.length); // two fingers move the map by their mean
    hand.pan(share * (now[0] - before[0]), share * (now[1] - before[1]));
    if (others.length === 1) hand.zoom(distance(now, others[0]) / distance(before, others[0]), middle(now, others[0]));
  });
  on('pointerup', (event) => {
    const isLast = pointers.delete(event.pointerId) && pointers.size === 0;
    if (isLast && travelled < STILL) hand.click(spotOf(event), event.pointerType === 'touch');
  });
  on('pointercancel', (event) => pointers.delete(event.pointerId));
  on('pointerleave', () => hand.hover(null));
  on('wheel', (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    hand.zoom(2 ** (-(event.deltaY * lines) / 300), spotOf(event));
  });
  on('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { clientWidth: width, clientHeight: height } = frame;
    const step = KEYS[event.key];
    const factor = ZOOM_KEYS[event.key];
    if (step) hand.pan(step[0] * width, step[1] * height);
    else if (factor) hand.zoom(factor, [width / 2, height / 2]);
    else if (event.key === '0') hand.whole();
    else return;
    event.preventDefault();
  });
}

function distance([ax, ay]: Spot, [bx, by]: Spot): number {
  return Math.hypot(ax - bx, ay - by);
}

function middle([ax, ay]: Spot, [bx, by]: Spot): Spot {
  return [(ax + bx) / 2, (ay + by) / 2];
}
