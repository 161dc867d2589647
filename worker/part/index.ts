import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Bindings } from '../env.ts';
import kernel from '../wasm/kernels/scorer.wasm';
import type { PartService } from '../wasm/part-service.ts';
import { PartVersions } from './part-versions.ts';

const versions = new PartVersions({ kernel });

/**
 * The Worker of a part of the catalogue. It answers the Worker in front by calls over its service binding alone, and has
 * no address: worker/OPERATIONS.md, "Past one isolate".
 */
export default class extends WorkerEntrypoint<Pick<Bindings, 'MODELS'>> implements PartService {
  get #part(): PartService {
    return versions.over(this.env.MODELS, this.ctx);
  }

  open(...asked: Parameters<PartService['open']>) {
    return this.#part.open(...asked);
  }

  best(...asked: Parameters<PartService['best']>) {
    return this.#part.best(...asked);
  }

  similar(...asked: Parameters<PartService['similar']>) {
    return this.#part.similar(...asked);
  }

  squares(...asked: Parameters<PartService['squares']>) {
    return this.#part.squares(...asked);
  }

  joint(...asked: Parameters<PartService['joint']>) {
    return this.#part.joint(...asked);
  }

  scoresOf(...asked: Parameters<PartService['scoresOf']>) {
    return this.#part.scoresOf(...asked);
  }

  standings(...asked: Parameters<PartService['standings']>) {
    return this.#part.standings(...asked);
  }

  moments(...asked: Parameters<PartService['moments']>) {
    return this.#part.moments(...asked);
  }

  places(...asked: Parameters<PartService['places']>) {
    return this.#part.places(...asked);
  }

  known(...asked: Parameters<PartService['known']>) {
    return this.#part.known(...asked);
  }

  several(...asked: Parameters<PartService['several']>) {
    return this.#part.several(...asked);
  }

  vectors(...asked: Parameters<PartService['vectors']>) {
    return this.#part.vectors(...asked);
  }
}
