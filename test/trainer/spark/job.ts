import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/command.ts';

const PACKAGE = join(ROOT, 'trainer/spark');

/** Whether Spark can run here; where it must, REQUIRE_SPARK says so (.ci/run), and the tests then fail instead of being skipped. */
export async function hasSpark(): Promise<boolean> {
  if (process.env.REQUIRE_SPARK) return true;
  const run = promisify(execFile);
  return Promise.all([run('python3', ['-c', 'import pyspark, pandas, pyarrow']), run('java', ['-version'])]).then(
    () => true,
    () => false,
  );
}

/** Two executors with a core each, as processes of their own. */
export const TWO_EXECUTORS = 'local-cluster[2,1,1024]';

const SMALL = ['--factors', '7', '--als-iterations', '3', '--sweeps', '1', '--relevance-movies', '120'];
const CONF = ['spark.ui.enabled=false', 'spark.sql.shuffle.partitions=2', 'spark.driver.bindAddress=127.0.0.1'];

export interface JobResult {
  readonly status: number | null;
  readonly stderr: string;
}

/** Runs the job, until it ends. @param hear gets each line of progress and the driver's process id */
export async function runJob(
  flags: readonly string[],
  master: string,
  hear: (line: string, pid: number) => void = () => {},
): Promise<JobResult> {
  const conf = CONF.flatMap((setting) => ['--conf', setting]);
  const child = spawn('python3', ['-m', 'marquee_spark', '--master', master, ...SMALL, ...conf, ...flags], {
    env: { ...process.env, PYTHONPATH: PACKAGE, PYSPARK_PYTHON: 'python3', SPARK_LOCAL_IP: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let [stderr, rest] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) hear(line, child.pid!);
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stderr };
}

/** Writes an Arrow file's table as Parquet. */
export async function asParquet(arrow: string, parquet: string): Promise<void> {
  const program =
    'import pyarrow as a, pyarrow.parquet as p, sys; p.write_table(a.ipc.open_file(sys.argv[1]).read_all(), sys.argv[2])';
  await promisify(execFile)('python3', ['-c', program, arrow, parquet]);
}

interface StorageSays {
  /** Settings of Spark for a path of R2, and for one of this machine. */
  readonly r2: Readonly<Record<string, string>>;
  readonly local: Readonly<Record<string, string>>;
  /** What the job says to errors of Hadoop. */
  readonly packageMissing: string;
  readonly keysMissing: string;
}

/** What `storage.py` makes of paths and errors, without a Spark. */
export async function storageSays(): Promise<StorageSays> {
  const program = `
import json
from marquee_spark.storage import meaning_of, s3_conf
r2 = {"AWS_ENDPOINT_URL": "https://account.r2.cloudflarestorage.com"}
print(json.dumps({
    "r2": s3_conf(["ratings", None, "s3a://bucket/out"], r2),
    "local": s3_conf(["ratings", None, "out"], r2),
    "packageMissing": meaning_of("ClassNotFoundException: Class org.apache.hadoop.fs.s3a.S3AFileSystem not found", None),
    "keysMissing": meaning_of("java.nio.file.AccessDeniedException: s3a://b: NoAuthWithAWSException: No credentials", None),
}))`;
  const env = { ...process.env, PYTHONPATH: PACKAGE };
  const { stdout } = await promisify(execFile)('python3', ['-c', program], { env });
  return JSON.parse(stdout);
}

/** Kills one of the executors that a driver has started, the hard way. Returns its process id, null where there is none. */
export function killExecutor(driver: number): number | null {
  const executor = descendants(driver).find((pid) => commandOf(pid).includes('CoarseGrainedExecutorBackend'));
  if (executor === undefined) return null;
  process.kill(executor, 'SIGKILL');
  return executor;
}

function descendants(of: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(processes.map((pid) => [Number(pid), parentOf(Number(pid))]));
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (parents.get(pid) === of || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

/** The fourth word of `stat`, behind the name in brackets, which may hold anything. */
function parentOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`);
}

/** A file of a process that may have ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
