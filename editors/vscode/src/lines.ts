/** A stream of bytes cut into lines; a character or a line may come in any number of pieces. */
export class Lines {
  private pieces: Buffer[] = [];

  constructor(private readonly take: (line: string) => void) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.pieces.push(chunk.subarray(start, end));
      const line = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
      this.pieces = [];
      start = end + 1;
      if (line.length) this.take(line.toString('utf8'));
    }
    if (start < chunk.length) this.pieces.push(chunk.subarray(start));
  }
}
