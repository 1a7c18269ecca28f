/** Parts that are disposed together. */
export type Parts = readonly { dispose(): unknown }[];

export function disposeAll(parts: Parts): void {
  for (const one of parts) one.dispose();
}
