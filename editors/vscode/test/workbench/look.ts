/** What a user sees and does, in the installed extension; each view leaves a picture. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSION } from './programs';
import type { Server } from './server';
import type { Window } from './window';

const SHOTS = join(EXTENSION, 'out/shots');

export async function look(window: Window, server: Server, place: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  const { page } = window;
  const shot = (name: string): Promise<Buffer> => page.screenshot({ path: join(SHOTS, `${name}.png`) });
  await page.goto(server.page(place, [['openFile', server.remote(join(place, 'store.go'))]]));
  await window.see('.monaco-editor .view-lines');
  await window.seeNote('heap: returned to the caller');
  await window.see('.statusbar-item >> text=heap');
  await window.goto(37, 5);
  await window.see('.codelens-decoration >> text=1 on the heap');
  await shot('notes');
  console.log('    ok notes, code lenses and the status bar');

  await window.press(['Control+k', 'Control+i'], '.monaco-hover:not(.hidden) >> text=hands its address to the caller');
  await shot('hover');
  await page.keyboard.press('Escape');
  console.log('    ok the hover');

  await window.command('escapelens: Show Heap Sites');
  await window.see('.pane-body .monaco-list-row >> text=example.com/store');
  await shot('tree');
  console.log('    ok the tree');

  await edits(window);
  await rewrites(window, shot);
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
async function rewrites(window: Window, shot: (name: string) => Promise<Buffer>): Promise<void> {
  const { page } = window;
  await window.quickOpen('longest.go');
  await window.seeNote('heap: captured by a function literal');
  await window.goto(6, 5);
  await window.press(['Control+.'], '.action-widget >> text=Look for proven rewrites');
  await page.keyboard.press('Enter');
  await window.see('.action-widget >> text=Return the pair by value · proven with go1.');
  await shot('lightbulb');
  console.log('    ok the light bulb has proven rewrites');

  await page.keyboard.press('Enter');
  await window.see('.monaco-diff-editor .line-delete >> nth=0');
  await window.see('.notification-toast >> text=Each caller gets a copy');
  await shot('preview');
  await page.click('.notification-toast .monaco-button >> text=Apply');
  await window.gone('.monaco-diff-editor');
  await window.see('.tab.dirty >> text=longest.go');
  await page.keyboard.press('Control+1');
  await page.keyboard.press('Control+s');
  await window.noteGone('heap: returned to the caller');
  console.log('    ok the preview, the rewrite and the end of its site');
}
