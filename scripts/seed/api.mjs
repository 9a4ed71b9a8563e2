/**
 * The management API of a running server, as an operator's script calls it.
 *
 * @param {string} url @param {string} key of scope admin.
 * @returns a call that answers the parsed body. @throws Error where that is no 2xx. Its `visit` is a browser's request:
 *   without the key, and what is answered is not looked at.
 */
export function apiOf(url, key) {
  const call = async (method, path, body, type = 'application/json') => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': type },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const visit = (path, userAgent) =>
    fetch(url + path, { headers: { 'user-agent': userAgent }, redirect: 'manual' });
  return Object.assign(call, { visit });
}
