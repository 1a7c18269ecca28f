/** What a user sees and does, in the installed extension; each view leaves a picture. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSION } from './programs';
import type { Server } from './server';
import type { Window } from './window';

const PROVEN = 'Return the pair by value · proven with go1.';
const SHOTS = join(EXTENSION, 'out/shots');

export async function look(window: Window, server: Server, place: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  const { page } = window;
  const shot: Shot = (name, x, y, width, height) =>
    page.screenshot({ path: join(SHOTS, `${name}.png`), clip: { x, y, width, height } });
  await page.goto(server.page(place, [['openFile', server.remote(join(place, 'store.go'))]]));
  await window.see('.monaco-editor .view-lines');
  await window.seeNote('heap: returned to the caller');
  await window.see('.statusbar-item >> text=heap');
  await page.keyboard.press('Control+b');
  await window.gone('.explorer-folders-view');
  await window.goto(89, 5);
  await window.seeNote('2 on the heap, in a loop: append may grow it · kept in a slice as a pointer');
  await window.see('.codelens-decoration >> text=3 on the heap · 2 in loops');
  await shot('notes', 48, 250, 1392, 550);
  console.log('    ok notes, code lenses and the status bar');

  await hover(window, shot);
  await tree(window, shot);
  await edits(window);
  await rewrites(window, shot);
}

type Shot = (name: string, x: number, y: number, width: number, height: number) => Promise<Buffer>;

/** The story of a site, and a step of it that leads to its line. */
async function hover(window: Window, shot: Shot): Promise<void> {
  const { page } = window;
  await window.goto(67, 6);
  await window.press(['Control+k', 'Control+i'], '.monaco-hover:not(.hidden) >> text=whose entries may outlive this call');
  await shot('hover', 48, 90, 1090, 420);
  await window.until('the step', async () => {
    await window.press(['Control+k', 'Control+i'], '.monaco-hover:not(.hidden) a >> text=store.go:51');
    await page.click('.monaco-hover:not(.hidden) a >> text=store.go:51', { timeout: 3000 });
    await page.waitForSelector('.statusbar-item >> text=Ln 51,', { timeout: 3000 });
  });
  await page.keyboard.press('Escape');
  console.log('    ok the hover, and the way along its steps');
}

/** From the package down to a site, and to its place. */
async function tree(window: Window, shot: Shot): Promise<void> {
  const { page } = window;
  await window.command('escapelens: Show Heap Sites');
  await window.see('.pane-body .monaco-list-row >> text=example.com/store');
  await page.click('.pane-body .monaco-list-row >> text=(*Store).Named');
  await page.click('.pane-body .monaco-list-row >> text=&User{ID: user.ID, Name: user.Name}');
  await window.see('.statusbar-item >> text=Ln 80,');
  await shot('tree', 0, 36, 1100, 400);
  console.log('    ok the tree, and the way from it to a site');
}

/** Edits that are not saved: notes move, and dim. */
async function edits(window: Window): Promise<void> {
  const { page } = window;
  await window.goto(36, 1);
  await page.keyboard.insertText('/**/');
  await window.see('.tab.dirty');
  await window.seeNote('heap: returned to the caller', '0.45');
  await page.keyboard.press('Control+z');
  await window.seeNote('heap: returned to the caller');
  await window.gone('.tab.dirty');
  console.log('    ok what is not saved is dim');
}

/** From the light bulb to the changed text. */
async function rewrites(window: Window, shot: Shot): Promise<void> {
  const { page } = window;
  await window.quickOpen('longest.go');
  await window.seeNote('heap: captured by a function literal');
  await window.goto(6, 5);
  await window.choose('Look for proven rewrites', `.quick-input-list .monaco-list-row.focused >> text=${PROVEN}`, 30_000);
  await page.keyboard.press('Escape');
  await window.press(['Control+.'], `.action-widget >> text=${PROVEN}`);
  await shot('lightbulb', 352, 90, 900, 320);
  console.log('    ok the light bulb has proven rewrites');

  await page.keyboard.press('Escape');
  await window.choose(PROVEN, '.monaco-diff-editor .line-delete >> nth=0');
  await window.see('.notification-toast >> text=Each caller gets a copy');
  await page.waitForTimeout(500); // until the toast has come up
  await shot('preview', 352, 36, 1088, 764);
  await page.click('.notification-toast .monaco-button >> text=Apply');
  await window.gone('.monaco-diff-editor');
  await window.see('.tab.dirty >> text=longest.go');
  await page.keyboard.press('Control+1');
  await page.keyboard.press('Control+s');
  await window.noteGone('heap: returned to the caller');
  console.log('    ok the preview, the rewrite and the end of its site');
}
