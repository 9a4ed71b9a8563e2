import { type Answer, type Received, type Served, serve } from '../outbound/server.testing.ts';

/** A small server that stands for a destination's and follows its published contract. */
export abstract class ContractServer {
  #queued: { readonly answer: Answer; readonly path: string }[] = [];
  #served: Served | undefined;
  /** What a destination is told as its address is this path of it. */
  protected readonly at: string = '';

  /** Answers as the contract has it. What it throws is told with status 500. */
  protected abstract answer(received: Received): Answer | Promise<Answer>;

  async open(): Promise<this> {
    this.#served = await serve((received) => {
      const next = this.#queued.find(({ path }) => received.path.startsWith(path));
      if (next === undefined) return this.answer(received);
      this.#queued = this.#queued.filter((each) => each !== next);
      return next.answer;
    });
    return this;
  }

  get url(): string {
    return this.#served!.url + this.at;
  }

  /** The most requests that were under way at the same moment. */
  get atOnce(): number {
    return this.#served!.atOnce();
  }

  close(): Promise<void> {
    return this.#served!.close();
  }

  /** What it says to the next request, whatever that is. @param path with which that begins. */
  next(answer: Answer, path = ''): void {
    this.#queued.push({ answer, path });
  }
}
