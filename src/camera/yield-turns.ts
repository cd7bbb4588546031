import type { Socket } from 'node:net';

/** What reading one camera may take of its thread's time while others want some, too. */
const share = 0.5;
/** What a camera may have taken beyond that: pictures come in bursts. */
const burstMs = 4;
/** What is looked at in one go. */
const pieceBytes = 16 * 1024;

/**
 * Reads a camera's connection in turns with everything else of the thread. The system hands on up to 2 MiB at once, and a
 * camera may have cut them into the smallest pieces that HTTP knows, so that they take seconds.
 */
export function yieldTurns(socket: Socket): void {
  const push = socket.push.bind(socket);
  const read = socket._read.bind(socket);
  const waiting: (Buffer | null)[] = [];
  let spentMs = 0;
  let lastMs = performance.now();
  let isBusy = false;
  /** More was asked for meanwhile. */
  let isAsked = false;

  /** False where nothing more is to come for now. */
  const handOn = (): boolean => {
    isBusy = true;
    let wantsMore = true;
    for (;;) {
      const piece = waiting.shift();
      // What is handed on may have had it closed: nobody is there then.
      if (piece === undefined || socket.destroyed) break;
      const begunMs = performance.now();
      wantsMore = push(piece);
      const nowMs = performance.now();
      spentMs = Math.max(0, spentMs - (begunMs - lastMs) * share) + (nowMs - begunMs) * (1 - share);
      lastMs = nowMs;
      if (spentMs < burstMs || piece === null) continue;
      setTimeout(() => {
        const isOver = handOn();
        if (isOver && isAsked) socket._read(0);
      }, spentMs / share);
      return false;
    }
    isBusy = false;
    return wantsMore;
  };

  socket.push = (chunk: Buffer | null): boolean => {
    if (chunk === null) waiting.push(null);
    else
      for (let at = 0; at < chunk.length; at += pieceBytes) waiting.push(chunk.subarray(at, at + pieceBytes));
    return isBusy ? false : handOn();
  };
  socket._read = (size: number): void => {
    isAsked = isBusy;
    if (!isBusy) read(size);
  };
}
