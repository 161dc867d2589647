/** Scripts for a page whose map is measured: `settle(zoom)` and `move(motion, milliseconds)`. */

/** What a page saw of a motion: by frame, milliseconds and films. */
export interface Seen {
  readonly times: readonly number[];
  readonly films: readonly number[];
  readonly scripts: readonly number[];
}

/** What draws the points. */
export const PAINTER = `(() => {
  const gl = document.querySelector('.map-frame canvas').getContext('webgl2');
  return gl ? gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info').UNMASKED_RENDERER_WEBGL) : 'the processor';
})()`;

/** Gives a page what moves its map, and times the scripts of its frames. */
export const IN_PAGE = `
  const scripts = [];
  const given = requestAnimationFrame;
  requestAnimationFrame = (act) => given((now) => {
    const began = performance.now();
    act(now);
    scripts.push(performance.now() - began);
  });
  const frameOf = () => document.querySelector('.map-frame');
  const rest = (frames) => new Promise((done) => {
    const step = (left) => (left > 0 ? given(() => step(left - 1)) : done());
    step(frames);
  });

  /** Shows the middle so much nearer than the whole map, at once as for who wants no motion, and lets the map rest. */
  window.settle = async (zoom) => {
    const frame = frameOf();
    frame.dispatchEvent(new KeyboardEvent('keydown', { key: '0' }));
    for (let n = 0; n < Math.log(zoom) / Math.log(1.5); n++) frame.dispatchEvent(new KeyboardEvent('keydown', { key: '+' }));
    await rest(60);
  };

  window.move = async (motion, milliseconds) => {
    const frame = frameOf();
    frame.setPointerCapture = () => {}; // no real pointer is down
    const { left, top, width, height } = frame.getBoundingClientRect();
    const point = (type, x, y) => {
      const at = { clientX: left + width * (0.5 + x), clientY: top + height * (0.5 + y) };
      frame.dispatchEvent(new PointerEvent(type, { ...at, pointerId: 1, button: 0, pointerType: 'mouse', bubbles: true }));
    };
    const wheel = (deltaY) => frame.dispatchEvent(
      new WheelEvent('wheel', { deltaY, clientX: left + width * 0.55, clientY: top + height * 0.55, cancelable: true }));
    const [times, films] = [[], []];
    const began = performance.now();
    scripts.length = 0;
    if (motion === 'pan') point('pointerdown', 0, 0);
    await new Promise((done) => {
      const step = (now) => {
        times.push(now);
        films.push(Number(frame.dataset.films));
        const t = (now - began) / 1000;
        if (now - began > milliseconds) return done();
        if (motion === 'pan') point('pointermove', 0.3 * Math.sin(2 * t), 0.2 * Math.sin(3 * t));
        else wheel(-12 * Math.cos((t * Math.PI) / 2));
        given(step);
      };
      given(step);
    });
    if (motion === 'pan') point('pointerup', 0, 0);
    return { times, films, scripts: [...scripts] };
  };`;
