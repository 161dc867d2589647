import { useState } from 'preact/hooks';
import { type Trouble, troubleOf } from '../../state/state.ts';
import { useAsked } from './asked.tsx';
import type { Operator, Upload } from './client.ts';
import { type Progress, uploadFiles } from './upload-files.ts';

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
  const [words, setWords] = useState<string | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const tell = (words: string | null) => {
    setWords(words);
    if (words) say(words);
  };
  const show = (now: Progress) => {
    setProgress(now);
    if (now.sent === 0) say(`${now.name} is on its way.`);
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
    setProgress(null);
    uploads.again();
  };
  const bring = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    const files = [...(currentTarget.files ?? [])];
    currentTarget.value = ''; // the same files again are a change again
    void attempt(async () => {
      const manifest = files.find(({ name }) => name === MANIFEST);
      const version = manifest ? versionIn(await manifest.text()) : null;
      if (!manifest || version === null) return NO_MANIFEST;
      tell(null);
      await uploadFiles(operator, await operator.uploadFile(version, manifest), files, show);
      await operator.finishUpload(version);
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
      {progress && <Sending progress={progress} />}
      {words && <p>{words}</p>}
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

function Sending({ progress: { name, sent, bytes } }: { progress: Progress }) {
  return (
    <label class="admin-sending">
      <span>
        {name}{' '}
        <span class="hint">
          {megabytes(sent)} of {megabytes(bytes)} MB
        </span>
      </span>
      <progress max={bytes} value={sent} />
    </label>
  );
}

const megabytes = (bytes: number) => (bytes / 1e6).toLocaleString('en', { maximumFractionDigits: bytes < 1e7 ? 1 : 0 });

function versionIn(manifest: string): string | null {
  try {
    return String(JSON.parse(manifest).version);
  } catch {
    return null;
  }
}

function stateOf({ files }: Upload): string {
  const there = files.filter(({ uploaded }) => uploaded).length;
  const begun = files.filter(({ uploaded, pieces }) => !uploaded && pieces.length > 0).map(({ name }) => name);
  const halves = begun.length > 0 ? `, and some of ${begun.join(' and ')}` : '';
  return `is not whole: ${there} of ${files.length} files are there${halves}. Choose the same files again to go on.`;
}
