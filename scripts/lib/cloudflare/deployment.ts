import type { Resources } from './configuration.ts';
import { firstModel, type ModelChoice, modelCommands } from './first-model.ts';
import { resourceSteps } from './resource-steps.ts';
import { ADDRESSES, smokeTest } from './smoke-test.ts';
import type { Step } from './step.ts';
import { Upload } from './upload.ts';
import type { World } from './world.ts';

/** What is to be deployed. */
export interface Plan extends ModelChoice {
  readonly resources: Resources;
  /** Where the Worker answers, where its upload does not say. */
  readonly url?: string;
}

/**
 * All steps, in an order that leaves no gap in an upgrade: the tables before the Worker that needs them, and the Worker before
 * a model of a format that only it can read.
 */
export function stepsOf({ resources, ...choice }: Plan, world: World): Step[] {
  const upload = new Upload(resources, world.wrangler, choice.url);
  return [
    ...resourceSteps(resources, world.wrangler),
    upload.secrets(),
    ...upload.parts(),
    upload.worker(),
    {
      title: 'model',
      why: 'the version in service stays, unless --model names another',
      commands: modelCommands(choice, resources),
      act: () => firstModel(choice, resources, world),
    },
    {
      title: 'smoke test',
      why: 'a new address takes a minute to be known everywhere',
      commands: ADDRESSES.map((path) => `GET ${path}`),
      act: () => smokeTest(upload.url, world),
    },
  ];
}
