import { env } from 'cloudflare:workers';
import { sha256Hex } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { decodeMovies } from '../../shared/model/decode/catalogue.ts';
import type { MovieColumns } from '../../trainer/artifact/columns.ts';
import { encodeMovies } from '../../trainer/artifact/encode/catalogue.ts';
import { fixtureFile, fixtureManifest, publishFixture } from './app.ts';

/** Publishes the fixture with other columns of movies. @param columnsOf makes them, given all rows */
export async function publishMovies(columnsOf: (rows: readonly number[]) => Partial<MovieColumns>): Promise<void> {
  const manifest = fixtureManifest();
  const movies = decodeMovies(fixtureFile(FILES.movies), manifest);
  const rows = Array.from({ length: movies.count }, (_, row) => row);
  const texts = { titles: rows.map(movies.title), genres: rows.map(movies.genres) };
  const bytes = encodeMovies({ ...movies, ...texts, ...columnsOf(rows) });
  const entry = { name: FILES.movies, bytes: bytes.length, sha256: await sha256Hex(bytes), rows: movies.count };
  const files = manifest.files.map((file) => (file.name === FILES.movies ? entry : file));
  await publishFixture(env.MODELS, undefined, { damage: { [FILES.movies]: bytes }, manifest: { files } });
}
