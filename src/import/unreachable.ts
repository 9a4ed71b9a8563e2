/** No answer came: the server is not there, or the connection broke off. */
export class UnreachableError extends Error {
  constructor(url: string, code: string) {
    super(
      `${url} does not answer (${code}). Check that the server runs there; ninety serve starts one, --url names another.`,
    );
    this.name = 'UnreachableError';
  }
}
