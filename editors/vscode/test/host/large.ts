/** A folder with 2,000 sites; the log that the runner reads says how long it took to show them. */
import { activate, found, open, replace, root, save, say, until } from './until';

const SAVES = 7;

export async function large(): Promise<void> {
  await activate();
  const { document } = await open(root(), 'p3/c.go');
  await until('diagnostics', () => found(document.uri).length === 50);
  for (let round = 1; round <= SAVES; round++) {
    await replace(document, 'package p3\n', `package p3\n\nfunc More${round}() *int {\n\tn := 1\n\treturn &n\n}\n`);
    await save(document);
    await until(`report ${round}`, () => found(document.uri).length === 50 + round);
  }
  say(`${SAVES} saves in a module of 2,000 sites`);
}
