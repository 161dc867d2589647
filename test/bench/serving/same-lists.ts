import type { LoadRequest } from '../machines/load.ts';

/** How often a question is asked while a busy machine keeps D1 from answering in time. */
const MOST_TRIES = 10;

/** What a server answers, as text but for ids of requests. */
async function answerOf(url: string, request: LoadRequest, tries = 1): Promise<string> {
  const { path, body } = request;
  const post = { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(url + path, body === undefined ? {} : post);
  const text = (await response.text()).replace(/"requestId":"[^"]*"/, '');
  if (text.includes('"degraded"') && tries < MOST_TRIES) return answerOf(url, request, tries + 1);
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
