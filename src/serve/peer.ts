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
  readonly error?: Readonly<Record<string, unknown>>;
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
   * @throws Error with the name, message and fields of the other end's, or when the channel is gone.
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
      if (message.error !== undefined) waiting?.reject(asError(message.error));
      else waiting?.resolve(message.value);
    }
    if (message?.ninety !== 'ask') return;
    try {
      const { name = '' } = message;
      const answerer = Object.hasOwn(this.#answerers, name) ? this.#answerers[name] : undefined;
      if (answerer === undefined) throw new Error(`nobody answers ${name}`);
      this.#send({ ninety: 'answer', id: message.id, value: await answerer(message.value) });
    } catch (error) {
      this.#send({ ninety: 'answer', id: message.id, error: asFields(error) });
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

/** Its enumerable fields travel, so what an error keeps out of logs stays where it is. */
const asFields = (error: unknown): Record<string, unknown> =>
  error instanceof Error
    ? { ...error, name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };

/** A class cannot cross the channel; its name can, by which the API knows what to answer. */
const asError = (fields: Readonly<Record<string, unknown>>): Error =>
  Object.assign(new Error(String(fields['message'])), fields);
