import { expect, it } from 'vitest';
import { optionalPart } from '../../trainer/optional-part.ts';

const failing = (code: string) => () => Promise.reject(Object.assign(new Error('no such file'), { code }));

it('a part that is not installed is named, with the command that brings it', async () => {
  await expect(optionalPart('TensorFlow.js', failing('ERR_MODULE_NOT_FOUND'))).rejects.toMatchObject({
    code: 'not-configured',
    message: 'TensorFlow.js is not installed',
    fix: 'Install it: npm install --include=peer',
  });
});

it('an error of an installed part comes through as it is', async () => {
  await expect(optionalPart('TensorFlow.js', failing('ERR_DLOPEN_FAILED'))).rejects.toThrow('no such file');
});

it('an installed part is handed over', async () => {
  expect(await optionalPart('five', async () => 5)).toBe(5);
});
