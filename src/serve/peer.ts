/** One end of a channel between the parent and a worker: cluster.Worker and process both are. */
interface Channel {
  send?(message: unknown, callback?: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

type Answerer = (argument: unknown) => unknown;

interface Message {
  readonly ninety: 'ask' | 'answer';
  readonly id: number;
  readonly name?: string;
  readonly value?: unknown;
  readonly error?: string;
}

/** Questions and answers between processes, over Node's own channel. */
export class Peer {
  readonly #channel: Channel;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #answerers: Readonly<Record<string, Answerer>>;
  #next = 1;

  /** @param answerers what the other end may ask, by name. */
  constructor(channel: Channel, answerers: Readonly<Record<string, Answerer>>) {
    this.#channel = channel;
    this.#answerers = answerers;
    channel.on('message', (message) => void this.#take(message as Message));
  }

  /**
   * Asks the other end.
   *
   * @throws Error with the other end's message, or when the channel is gone.
   */
  ask(name: string, argument?: unknown): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ ninety: 'ask', id, name, value: argument }, (error) => {
        if (error) this.#end(id)?.reject(error);
      });
    });
  }

  /** The other end has died: nothing will be answered any more. */
  gone(): void {
    for (const id of [...this.#waiting.keys()])
      this.#end(id)?.reject(new Error('the other process has ended'));
  }

  async #take(message: Message): Promise<void> {
    if (message?.ninety === 'answer') {
      const waiting = this.#end(message.id);
      if (message.error !== undefined) waiting?.reject(new Error(message.error));
      else waiting?.resolve(message.value);
    }
    if (message?.ninety !== 'ask') return;
    try {
      const answerer = this.#answerers[message.name ?? ''];
      if (answerer === undefined) throw new Error(`nobody answers ${message.name}`);
      this.#send({ ninety: 'answer', id: message.id, value: await answerer(message.value) });
    } catch (error) {
      this.#send({
        ninety: 'answer',
        id: message.id,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #end(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #send(message: Message, callback: (error: Error | null) => void = () => undefined): void {
    if (this.#channel.send === undefined) return callback(new Error('no channel'));
    this.#channel.send(message, callback);
  }
}
