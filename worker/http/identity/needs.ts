/** What a route needs, for its description, and the `security` that says so to programs. */
export const NEEDS_SOMEBODY =
  'Needs somebody: a session, which `POST /session` starts and the browser then keeps as a cookie, a host application’s ' +
  'token for its user, or the API token together with `user`. Without any: 401.';
export const SOMEBODY: Record<string, string[]>[] = [{ session: [] }, { token: [] }];

export const NEEDS_OPERATOR = 'Needs `ADMIN_TOKEN` as the bearer token, which only the operator has. Without it: 401.';
export const OPERATOR: Record<string, string[]>[] = [{ token: [] }];

export const NEEDS_PROGRAM = 'Needs the API token, or a key of API_KEYS, as the bearer token. Without it: 401.';
export const PROGRAM: Record<string, string[]>[] = [{ token: [] }];

export const NAMED_USER =
  'To name a `user` needs the API token or a key, unless it is the session’s own or the deployment shows the users of its data set.';
