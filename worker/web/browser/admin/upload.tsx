import { useState } from 'preact/hooks';
import { type Trouble, troubleOf } from '../../state/state.ts';
import { useAsked } from './asked.tsx';
import type { Operator, Upload } from './client.ts';

const MANIFEST = 'manifest.json';
const NO_MANIFEST: Trouble = {
  message: 'No manifest.json of a version is among the files.',
  fix: 'Choose all files of one folder that npm run train wrote.',
};

interface UploadsProps {
  readonly operator: Operator;
  readonly say: (words: string) => void;
  /** There is one more version. */
  arrived(): void;
}

/** Brings a version from a folder of this machine, file by file. One that was broken off goes on with the same files. */
export function Uploads({ operator, say, arrived }: UploadsProps) {
  const uploads = useAsked(() => operator.uploads());
  const [progress, setProgress] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const tell = (words: string | null) => {
    setProgress(words);
    if (words) say(words);
  };
  const attempt = async (work: () => Promise<Trouble | null>) => {
    setBusy(true);
    try {
      setTrouble(await work());
    } catch (error) {
      tell(null);
      setTrouble(troubleOf(error));
    }
    setBusy(false);
    uploads.again();
  };
  const bring = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    const files = [...(currentTarget.files ?? [])];
    currentTarget.value = ''; // the same files again are a change again
    void attempt(async () => {
      const manifest = files.find(({ name }) => name === MANIFEST);
      const version = manifest ? await uploadAll(operator, { manifest, files }, tell) : null;
      if (version === null) return NO_MANIFEST;
      tell(`${version} is there. It is not in service yet.`);
      arrived();
      return null;
    });
  };
  const remove = (version: string) =>
    attempt(async () => {
      uploads.put(await operator.removeUpload(version));
      tell(`The upload of ${version} is gone.`);
      return null;
    });
  const wrong = trouble ?? uploads.trouble;
  return (
    <div class="admin-uploads">
      <label class="field">
        Bring a version: all files of its folder
        <input type="file" multiple disabled={isBusy} onChange={bring} />
      </label>
      {progress && <p>{progress}</p>}
      {wrong && (
        <p class="problem" role="alert">
          <span>
            <strong>{wrong.message}</strong> {wrong.fix}
          </span>
        </p>
      )}
      <ul class="admin-films">
        {uploads.answer?.map((upload) => (
          <li key={upload.version}>
            {upload.version} <span class="hint">{stateOf(upload)}</span>
            <button
              type="button"
              class="quiet"
              aria-label={`Remove: ${upload.version}`}
              onClick={() => void remove(upload.version)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface Chosen {
  readonly manifest: File;
  readonly files: readonly File[];
}

/** Uploads what is not there yet, and makes a version of it. Returns its name; null where the manifest has none. */
async function uploadAll(operator: Operator, { manifest, files }: Chosen, tell: (words: string) => void) {
  const version = versionIn(await manifest.text());
  if (version === null) return null;
  const upload = await operator.uploadFile(version, manifest);
  const lacking = upload.files.filter(({ uploaded }) => !uploaded);
  for (const [at, { name }] of lacking.entries()) {
    const file = files.find((one) => one.name === name);
    if (!file) continue; // the Worker says that it did not come
    tell(`${name}, ${at + 1} of ${lacking.length} files, is on its way.`);
    await operator.uploadFile(version, file);
  }
  await operator.finishUpload(version);
  return version;
}

function versionIn(manifest: string): string | null {
  try {
    return String(JSON.parse(manifest).version);
  } catch {
    return null;
  }
}

function stateOf({ files }: Upload): string {
  const there = files.filter(({ uploaded }) => uploaded).length;
  return `is not whole: ${there} of ${files.length} files are there. Choose the same files again to go on.`;
}
