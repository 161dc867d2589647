import type { LoadRequest } from '../machines/load.ts';

/** What a server answers, as text but for ids of requests. */
async function answerOf(url: string, { path, body }: LoadRequest): Promise<string> {
  const post = { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(url + path, body === undefined ? {} : post);
  const text = (await response.text()).replace(/"requestId":"[^"]*"/, '');
  return `${response.status} ${text}`;
}

/** The requests that two servers answer otherwise, with both answers. */
export async function differences(
  [one, other]: readonly [string, string],
  requests: readonly LoadRequest[],
): Promise<{ readonly request: LoadRequest; readonly answers: readonly [string, string] }[]> {
  const found = [];
  for (const request of requests) {
    const answers = [await answerOf(one, request), await answerOf(other, request)] as const;
    if (answers[0] !== answers[1] || !answers[0].startsWith('200 ')) found.push({ request, answers });
  }
  return found;
}
